"""credit-default: which credit-card clients will default next month, and why we may say so."""

__version__ = "0.1.0"
