"""Documents as values, rendered as HTML, markdown, JSON or for the terminal."""
