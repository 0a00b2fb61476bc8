"""Read what a lake is made of: its objects, its Delta tables, its ledger, and the registry beside it."""
