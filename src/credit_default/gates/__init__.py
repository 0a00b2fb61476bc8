"""Decisions about files, models and batches: each gate judges figures and returns a Verdict with its reasons."""
