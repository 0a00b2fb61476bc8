"""What people read: figures, markdown, tables. Pure functions from values to text and pictures."""
