"""The credit-card portfolio: its statements, its outcomes and the public data set."""
