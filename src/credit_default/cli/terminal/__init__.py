"""The terminal: shared options, output and session of a command."""
