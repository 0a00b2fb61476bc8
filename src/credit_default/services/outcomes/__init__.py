"""Outcomes that arrive later: recording them, coverage, completeness by month, vintages."""
