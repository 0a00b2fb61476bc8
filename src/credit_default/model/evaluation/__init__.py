"""How good a model is: metrics, cross-validation, baselines, costs and stability."""
