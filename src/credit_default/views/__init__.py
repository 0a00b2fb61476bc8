"""What people read: pure functions from values to figures, pages, tables and text."""
