"""With which marks the numbers of a table are written: "1.234,50", "1,234.50" or "1234.50"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.data.checking.number_mark_faults import MarkTally
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.contract.column import Column
from credit_default.data.drafting.cells import Cells
from credit_default.data.drafting.readings import is_all_numbers

_STYLES: Final = (
    NumberMarks(".", ","),
    NumberMarks(",", ""),
    NumberMarks(",", "."),
    NumberMarks(".", " "),
    NumberMarks(",", " "),
)
_POINTS: Final = NumberMarks(".", "")
_LEAST_CELLS: Final = 5  # as the checks have it


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """The marks of a table's numbers, None for a decimal point and no other, and why."""

    marks: NumberMarks | None
    evidence: str = ""


def find_number_style(columns: Sequence[Cells]) -> NumberStyle:
    """Return the marks by which most columns are numbers, plain ones where no others read more."""
    texts = [cells for cells in columns if cells.values.dtype == pl.String]
    plain = sum(is_all_numbers(cells, None) for cells in texts)
    counts = {style: sum(is_all_numbers(cells, style) for cells in texts) for style in _STYLES}
    best = max(_STYLES, key=counts.__getitem__)
    if counts[best] > plain:
        more = counts[best] - plain
        return NumberStyle(best, f"{more} more columns are numbers with these marks")
    example = _find_ambiguous(texts)
    if example:
        return NumberStyle(
            _POINTS, f"{example}: three digits behind every point, taken as decimals"
        )
    return NumberStyle(None)


def _find_ambiguous(columns: Sequence[Cells]) -> str:
    """Return a number whose point may separate thousands, as the checks would ask about it; "" for none."""
    numbers = {f"c{place}": one for place, one in enumerate(columns) if is_all_numbers(one, None)}
    tally = MarkTally(tuple(Column(name, "amount", "") for name in numbers), None)
    for name, cells in numbers.items():
        one = MarkTally((Column(name, "amount", ""),), None)
        one.count_points(pl.DataFrame([cells.texts.alias(name)]))
        tally.grouped |= one.grouped
        tally.ungrouped |= one.ungrouped
        tally.decimal_columns |= one.decimal_columns
        tally.grouped_counts[name] = int(cells.counts.sum())
    return next(iter(tally.find_grouped(least_cells=_LEAST_CELLS).values()), "")
