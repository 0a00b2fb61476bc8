"""Evaluation of a model: metrics, cross-validation, baselines, costs and stability."""
