"""Simulated credit-card portfolios whose true probabilities are known."""
