"""Simulated portfolios: demo months, exports and the drill of planted faults."""
