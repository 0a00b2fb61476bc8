"""Draft a portfolio's declaration from a table: what its columns hold, and which may be key and outcome."""
