"""Statement rows: the contract, checks against it, splits by client, and simulated portfolios."""
