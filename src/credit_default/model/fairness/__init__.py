"""Fairness between groups of clients: metrics by group, proxies and flip tests."""
