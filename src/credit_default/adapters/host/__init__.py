"""This machine's disk and processes: atomic files, process marks, stale files."""
