"""Tables that fit the terminal they are printed in."""
