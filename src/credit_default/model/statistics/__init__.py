"""Statistics that several chapters share: bootstrap resamples and AUC placements."""
