"""The ledger: how its entries are chained by hash, and what each kind of entry says."""
