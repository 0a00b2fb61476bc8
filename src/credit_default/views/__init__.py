"""Views for people: pure functions from values to figures, pages, tables and text."""
