"""Find out whether the numbers of a file have other marks than those that it is read with.

Without an option a number has a decimal point and nothing else. Cells with other marks cannot be
read, and say by their pattern which option reads them. Points that may separate thousands
("229.187" in every cell) can be read, as amounts that are a thousand times too small: such a file
is refused until an option says what the points are. Each column is judged by itself: a table that
was put together from two programs has both kinds of points.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.contract.schema import Column
from credit_default.errors import InputError, show_examples

_CHECKED_KINDS = frozenset({"amount", "integer"})
_POINTS_IN_GROUPS = r"\A\s*[+\-\u2212]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+-?\s*\z"
_LONG_WHOLE_NUMBER = r"\A\s*[+\-]?[0-9]{4}"
_SEVERAL_PARTS = r"\A\s*[+\-\u2212]?[0-9]*(?:[.,'\u2019 \u00a0\u2009\u202f][0-9]+)*-?\s*\z"
_MOST_SAMPLED_CELLS = 20_000
_SHOWN_COUNT = 5

# In order of preference where several read all cells: the fewest marks that must be assumed.
_PLAIN: Final = NumberMarks(".", "")  # reads a minus behind the number too
_READINGS: Final = (
    _PLAIN,
    NumberMarks(".", ","),
    NumberMarks(",", ""),
    NumberMarks(",", "."),
    NumberMarks(".", " "),
    NumberMarks(",", " "),
    NumberMarks(".", "'"),
    NumberMarks(",", "'"),
)


@dataclass(frozen=True, slots=True)
class NumberMarksPolicy:
    """From which share of rows on the marks are the file's and not slips in single rows, which are only rejected."""

    marked_share: float = 0.05  # as many rejected rows as the quality gate allows
    least_rows: int = 20
    marked_share_of_few: float = 0.5  # in a file with fewer rows
    least_cells: int = 5  # and so many in a column whose points are unlike those of other columns
    fitting_share: float = 0.9  # of the cells; fewer have no common cause


@dataclass(slots=True)
class MarkTally:
    """What was seen of a file's numbers, batch by batch; `marks` are those that were given for it."""

    columns: tuple[Column, ...]
    marks: NumberMarks | None
    marked_row_count: int = 0
    sampled_count: int = 0
    fits: Counter[NumberMarks] = field(default_factory=Counter)  # of the sampled cells
    examples: dict[str, None] = field(default_factory=dict)
    marked_columns: dict[str, None] = field(default_factory=dict)
    # a point was seen that cannot separate thousands
    decimal_columns: set[str] = field(default_factory=set)
    grouped: dict[str, str] = field(default_factory=dict)  # an example by column
    grouped_counts: Counter[str] = field(default_factory=Counter)
    ungrouped: set[str] = field(default_factory=set)  # columns with 4 digits and no point between

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that hold amounts or whole numbers."""
        return tuple(column.name for column in self.columns if column.kind in _CHECKED_KINDS)

    def count_points(self, raw: pl.DataFrame) -> None:
        """Count the cells of a batch whose points may separate thousands; does nothing where marks were given."""
        if self.marks is not None:
            return
        for column in self.columns:
            if column.kind in _CHECKED_KINDS and column.name not in self.decimal_columns:
                texts = raw[column.name]
                if texts.dtype == pl.String:
                    self._count_points_of_column(texts, maximum=column.maximum)

    def _count_points_of_column(self, texts: pl.Series, *, maximum: float | None) -> None:
        pointed = texts.filter(texts.str.contains(".", literal=True))
        if pointed.is_empty():
            return
        in_groups = pointed.str.contains(_POINTS_IN_GROUPS)
        others = pointed.filter(~in_groups).str.strip_chars()
        grouped = pointed.filter(in_groups)
        if others.cast(pl.Float64, strict=False).null_count() < len(others) or _exceed(
            grouped, maximum
        ):
            self.decimal_columns.add(texts.name)
        elif not grouped.is_empty():
            self.grouped.setdefault(texts.name, str(grouped[0]))
            self.grouped_counts[texts.name] += len(grouped)
            if texts.str.contains(_LONG_WHOLE_NUMBER).any():
                self.ungrouped.add(texts.name)

    def find_grouped(self, *, least_cells: int) -> dict[str, str]:
        """Return an example of each column whose points may all separate thousands.

        Points that are decimals in another column say little about a column of its own making:
        there a few cells are enough to ask, and only fewer are taken for decimals.
        """
        least = least_cells if self.decimal_columns else 1
        return {
            name: text
            for name, text in self.grouped.items()
            if name not in self.ungrouped | self.decimal_columns
            and self.grouped_counts[name] >= least
        }

    def count_marks(self, rejected: pl.DataFrame) -> None:
        """Count the rejected rows of a batch with numbers that other marks would read."""
        marked = pl.Series([False], dtype=pl.Boolean).new_from_index(0, rejected.height)
        for name in self.names:
            texts = rejected[name]
            mask = _is_unreadable(texts, self.marks) & texts.str.contains(_SEVERAL_PARTS)
            mask = mask.fill_null(value=False)
            if mask.any():
                marked |= mask
                self._sample(texts.filter(mask))
        self.marked_row_count += int(marked.sum())

    def add(self, other: "MarkTally") -> None:
        """Add what was seen of the rows after these."""
        self.marked_row_count += other.marked_row_count
        if self.sampled_count < _MOST_SAMPLED_CELLS:
            self.sampled_count += other.sampled_count
            self.fits.update(other.fits)
        self.examples |= other.examples  # no more than five are shown
        self.marked_columns |= other.marked_columns
        self.decimal_columns |= other.decimal_columns
        self.grouped = other.grouped | self.grouped
        self.grouped_counts.update(other.grouped_counts)
        self.ungrouped |= other.ungrouped

    def _sample(self, texts: pl.Series) -> None:
        self.marked_columns.setdefault(texts.name)
        cells = texts.head(max(0, _MOST_SAMPLED_CELLS - self.sampled_count))
        self.sampled_count += len(cells)
        for reading in _READINGS:
            self.fits[reading] += len(cells) - reading.normalise(cells).null_count()
        if len(self.examples) < _SHOWN_COUNT:
            self.examples.update(dict.fromkeys(cells.head(_SHOWN_COUNT).to_list()))


def check_number_marks(
    tally: MarkTally, *, row_count: int, policy: NumberMarksPolicy = NumberMarksPolicy()
) -> None:
    """Check that the file's numbers are written with the marks that they were read with.

    Args:
        tally: What was seen of all its rows.
        row_count: The rows of the file.
        policy: From which share of rows on the marks count.

    Raises:
        InputError: Many numbers have other marks, or every point among the amounts may separate
            thousands; the remedy names the options that read them.
    """
    if grouped := tally.find_grouped(least_cells=policy.least_cells):
        raise _build_points_error(grouped)
    share = policy.marked_share_of_few if row_count < policy.least_rows else policy.marked_share
    reading = max(_READINGS, key=lambda reading: tally.fits[reading])
    if (
        tally.marked_row_count <= share * row_count
        or tally.sampled_count < policy.least_cells
        or tally.fits[reading] < policy.fitting_share * tally.sampled_count
    ):
        return
    raise _build_marks_error(tally, reading, row_count=row_count)


def _build_marks_error(tally: MarkTally, reading: NumberMarks, *, row_count: int) -> InputError:
    if reading == _PLAIN and tally.marks is None:
        return _build_minus_error(tally, row_count=row_count)
    remedy = f"Read the file with {_format_options(reading)}"
    decimals = NumberMarks(",", "")
    if reading == NumberMarks(".", ",") and tally.fits[decimals] == tally.fits[reading]:
        remedy += f", or with {_format_options(decimals)} if the comma is before decimals"
    return InputError(
        _name_columns(list(tally.marked_columns)),
        found=_describe_marked(tally, row_count=row_count),
        expected=_describe_marks(tally.marks),
        remedy=f"{remedy}; or export it again with a decimal point and no other mark.",
    )


def _build_minus_error(tally: MarkTally, *, row_count: int) -> InputError:
    return InputError(
        _name_columns(list(tally.marked_columns)),
        found=_describe_marked(tally, row_count=row_count),
        expected="a minus, where there is one, as - in front of the number",
        remedy=f"Read the file with {_format_options(_PLAIN)}: a minus behind a number, or a"
        " typographic one, is read then.",
    )


def _describe_marked(tally: MarkTally, *, row_count: int) -> str:
    shown = show_examples(list(tally.examples)[:_SHOWN_COUNT])
    return f"numbers such as {shown} ({tally.marked_row_count:,} of {row_count:,} rows)"


def _build_points_error(grouped: Mapping[str, str]) -> InputError:
    return InputError(
        _name_columns(list(grouped)),
        found=f"numbers such as {show_examples(list(dict.fromkeys(grouped.values()))[:_SHOWN_COUNT])},"
        " with three digits behind every point: thousands, or decimals",
        expected="numbers that can be read in one way only",
        remedy="Read the file with --thousands . if the points separate thousands,"
        " or with --decimal . if they are before decimals.",
    )


def _name_columns(names: list[str]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > _SHOWN_COUNT else ""
    return ("columns " if len(names) > 1 else "column ") + ", ".join(names[:_SHOWN_COUNT]) + more


def _describe_marks(marks: NumberMarks | None) -> str:
    if marks is None:
        return "a decimal point and no other mark"
    return f"numbers as {_format_options(marks)} says"


def _format_options(marks: NumberMarks) -> str:
    decimal = f'--decimal "{marks.decimal}"'
    if not marks.thousands:
        return decimal
    thousands = f'--thousands "{marks.thousands}"'
    return thousands if marks.decimal == "." else f"{decimal} {thousands}"


def _exceed(grouped: pl.Series, maximum: float | None) -> bool:
    """Return whether none of these could be in the column if its points separated thousands."""
    if maximum is None or grouped.is_empty():
        return False
    numbers = NumberMarks(",", ".").normalise(grouped).cast(pl.Float64, strict=False)
    return bool((numbers > maximum).all())


def _is_unreadable(texts: pl.Series, marks: NumberMarks | None) -> pl.Series:
    if marks is not None:
        return marks.normalise(texts).is_null()
    return texts.str.strip_chars().cast(pl.Float64, strict=False).is_null()
