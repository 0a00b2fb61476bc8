"""Months as everyone here writes them: YYYY-MM."""

MONTHS_IN_YEAR = 12


def add_months(month: str, count: int) -> str:
    """The month `count` months after `month` ("YYYY-MM"); earlier when the count is negative."""
    number = int(month[:4]) * MONTHS_IN_YEAR + int(month[5:7]) - 1 + count
    return f"{number // MONTHS_IN_YEAR:04d}-{number % MONTHS_IN_YEAR + 1:02d}"
