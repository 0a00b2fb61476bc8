"""The outside: one outside library each, behind our own words."""
