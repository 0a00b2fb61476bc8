"""The checks, one module for each kind of thing in a lake."""
