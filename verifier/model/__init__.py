"""Read a model bundle, and compute by its arrays: features, risk, digests and what each feature adds."""
