"""Families of estimators that may be champion: recipe, fit, structure, digest and reasons of each."""
