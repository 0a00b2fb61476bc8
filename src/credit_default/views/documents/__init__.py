"""Documents as data, rendered as HTML, Markdown, JSON or for the terminal."""
