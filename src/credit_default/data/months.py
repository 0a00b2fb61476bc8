"""Months as everyone here writes them: YYYY-MM."""

MONTHS_IN_YEAR = 12


def count_months(first: str, last: str) -> int:
    """How many months `last` comes after `first` (both "YYYY-MM"); below 0 when it comes before."""
    return (int(last[:4]) - int(first[:4])) * MONTHS_IN_YEAR + int(last[5:7]) - int(first[5:7])


def add_months(month: str, count: int) -> str:
    """The month `count` months after `month` ("YYYY-MM"); earlier when the count is negative."""
    number = int(month[:4]) * MONTHS_IN_YEAR + int(month[5:7]) - 1 + count
    return f"{number // MONTHS_IN_YEAR:04d}-{number % MONTHS_IN_YEAR + 1:02d}"
