"""Tables that commands print on the terminal."""
