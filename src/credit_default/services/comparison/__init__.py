"""Comparing versions on the rows that both scored: swap sets, and back-tests of past promotions."""
