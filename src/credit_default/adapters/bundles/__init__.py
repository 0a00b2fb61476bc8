"""Model bundles on disk: written with skops, read only after every part was checked."""
