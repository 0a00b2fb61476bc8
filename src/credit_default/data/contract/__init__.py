"""The types in which a portfolio's schema is declared, and its parser."""
