"""Loops over trees, in the part of Python that compiles to machine code, and the port of what runs them."""
