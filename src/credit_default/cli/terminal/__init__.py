"""The terminal: the common options, output and session of every command."""
