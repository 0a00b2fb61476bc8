"""Outcomes that arrive later: taking them in, coverage, vintages."""
