"""Optuna: the study that a search for parameters is recorded in."""
