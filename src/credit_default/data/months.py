"""Compute with months written as "YYYY-MM"."""

MONTHS_IN_YEAR = 12


def count_months(first: str, last: str) -> int:
    """Return how many months `last` comes after `first` (both "YYYY-MM"), negative if before."""
    return (int(last[:4]) - int(first[:4])) * MONTHS_IN_YEAR + int(last[5:7]) - int(first[5:7])


def add_months(month: str, count: int) -> str:
    """Return the month `count` months after `month` ("YYYY-MM"); before it for a negative count."""
    number = int(month[:4]) * MONTHS_IN_YEAR + int(month[5:7]) - 1 + count
    return f"{number // MONTHS_IN_YEAR:04d}-{number % MONTHS_IN_YEAR + 1:02d}"
