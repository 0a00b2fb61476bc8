"""Numbers that are none: -9 for "no bureau file", 98 for a code of the bureau, 999999 for "not known".

Such a value is one that people choose for it, and stands apart from the other values of its column:
below all of them, where nothing else is below 0, or far above.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

_LOW: Final = frozenset(
    -float(n) for n in (*range(1, 10), 77, 88, 99, *range(90, 100))
) | frozenset(-float(str(digit) * length) for digit in (7, 8, 9) for length in range(3, 10))
_HIGH: Final = frozenset(
    float("9" * length + last) for length in range(1, 10) for last in "6789"
) | frozenset(float(str(digit) * length) for digit in (7, 8) for length in range(3, 10))
_MOST_IN_A_COLUMN: Final = 5
_TIMES_ABOVE: Final = 2.0  # a high one is at least so many times the largest other value
_LEAST_ROWS: Final = 2
_SEVERAL: Final = 2  # columns; a value in so many of them needs no further sign


def find_special_values(columns: Mapping[str, pl.DataFrame]) -> dict[str, tuple[float, ...]]:
    """Return the likely special values of each column, the lowest first; columns without any are left out.

    Args:
        columns: The different values of each numeric column (`value`), with their rows (`count`).
    """
    low = {name: _find_low(frame["value"]) for name, frame in columns.items()}
    in_columns = Counter(value for values in low.values() for value in values)
    found = {}
    for name, frame in columns.items():
        kept = _keep_low(low[name], frame, in_columns=in_columns)
        kept += _find_high(frame.filter(~pl.col("value").is_in(list(kept))))
        if kept:
            found[name] = tuple(sorted(kept))
    return _share_families(found)


def _share_families(found: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """Return for each column also those below 0 that go with its own in another column.

    A code that one column has may come in the others that are coded likewise.
    """
    low = {name: {value for value in values if value < 0} for name, values in found.items()}
    return {
        name: tuple(
            sorted({*values, *(v for other in low.values() if other & low[name] for v in other)})
        )
        for name, values in found.items()
    }


def _find_low(values: pl.Series) -> tuple[float, ...]:
    """Return the values below 0, where each may be special and others are not below 0."""
    below = tuple(sorted(set(values.filter(values < 0))))
    is_special = set(below) <= _LOW and len(below) <= _MOST_IN_A_COLUMN and len(below) < len(values)
    return below if is_special else ()


def _keep_low(
    low: Sequence[float], frame: pl.DataFrame, *, in_columns: Counter[float]
) -> tuple[float, ...]:
    if any(in_columns[value] >= _SEVERAL for value in low):
        return tuple(low)
    counts = dict(frame.select("value", "count").iter_rows())
    return tuple(low) if low and all(counts[value] >= _LEAST_ROWS for value in low) else ()


def _find_high(frame: pl.DataFrame) -> tuple[float, ...]:
    """Return the largest values, where they may be special and the next one is far below them."""
    high: list[float] = []
    for value, count in frame.sort("value", descending=True).iter_rows():
        if value not in _HIGH or count < _LEAST_ROWS or len(high) == _MOST_IN_A_COLUMN:
            return tuple(high) if high and value * _TIMES_ABOVE <= min(high) else ()
        high.append(value)
    return ()
