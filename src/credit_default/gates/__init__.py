"""Decisions about files, models and batches: each gate returns a Verdict with its reasons."""
