"""Simulated credit-card portfolios with known truth."""
