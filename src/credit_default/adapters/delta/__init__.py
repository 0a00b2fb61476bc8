"""Delta tables through deltalake: atomic commits, retries and the errors they end with."""
