"""Model bundles on disk: written with skops, read back only after every part was checked."""
