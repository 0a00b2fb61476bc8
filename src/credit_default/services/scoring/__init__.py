"""Scoring a batch and explaining its scores."""
