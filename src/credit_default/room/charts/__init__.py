"""Charts as Plotly figures in JSON, each with its title and a table of the same figures."""
