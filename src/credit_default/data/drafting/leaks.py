"""Find columns that tell the outcome almost alone: most of them were written after it was known."""

from typing import Final

import polars as pl

_LEAK: Final = 0.95  # area under the curve of one column
_LEAST_ROWS: Final = 10  # of each outcome; fewer are told apart by chance


def find_leak(values: pl.Series, outcome: pl.Series) -> float | None:
    """Return how well the column alone ranks the outcome, where that is too well to be true; else None.

    Both its values and whether there is one are tried.

    Args:
        values: The column in checked rows: numbers, null where missing.
        outcome: 1 for bad, 0 for good, null where it is not known.
    """
    known = pl.DataFrame({"value": values.cast(pl.Float64), "bad": outcome}).drop_nulls("bad")
    areas = [
        _rank(known.drop_nulls("value")),
        _rank(known.with_columns(pl.col("value").is_null().cast(pl.Float64))),
    ]
    best = max((max(area, 1 - area) for area in areas if area is not None), default=0.0)
    return best if best >= _LEAK else None


def _rank(rows: pl.DataFrame) -> float | None:
    """Return the share of pairs of a bad and a good row in which the bad one is higher, ties half."""
    bad_count = int(rows["bad"].sum())
    good_count = rows.height - bad_count
    if min(bad_count, good_count) < _LEAST_ROWS:
        return None
    ranks = float(rows["value"].rank().filter(rows["bad"] == 1).sum())
    return (ranks - bad_count * (bad_count + 1) / 2) / (bad_count * good_count)
