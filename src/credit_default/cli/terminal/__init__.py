"""The terminal: the shared options, output and session of every command."""
