"""Statistics that several chapters share: bootstrap and AUC placements."""
