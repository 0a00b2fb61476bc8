"""Outcomes that arrive later: recording them, coverage, vintages."""
