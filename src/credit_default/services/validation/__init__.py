"""Validation: run the battery on a registered version or on anybody's scored file, and write what it found."""
