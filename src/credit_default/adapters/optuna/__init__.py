"""Optuna: the study in which a search for parameters is recorded."""
