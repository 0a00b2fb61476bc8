"""What the cells of one column hold: its different values with their rows, and which say "missing".

Everything later looks at different values with their counts, never at rows: the order of a file's
rows cannot change a draft.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from credit_default.data.checking.type_conversion import format_as_text

# Texts that programs and people write for a missing value; in a column of numbers any other word is.
MISSING_WORDS: Final = frozenset(
    (
        *("NA", "N/A", "n/a", "na", "n.a.", "<NA>", "NaN", "nan", "NAN", "NaT"),
        *("NULL", "null", "Null", "nil", "(null)", r"\N", "?", ".", "-", "--"),
    )
)


@dataclass(frozen=True)
class Cells:
    """The different values of a column, most frequent first, equal ones by their text.

    `texts` are the values without outer blanks; a value whose text is empty is missing.
    """

    name: str  # in the file
    values: pl.Series = field(repr=False)  # as the file has them
    texts: pl.Series = field(repr=False)
    counts: pl.Series = field(repr=False)  # of rows
    row_count: int

    @property
    def missing_count(self) -> int:
        """Return how many rows have no value: an empty cell, or one of `missing_words`."""
        return self.row_count - int(self.counts.sum()) + self.count_rows(self.missing_words)

    @cached_property
    def missing_words(self) -> tuple[str, ...]:
        """Return the texts that say that a value is missing, in order."""
        return tuple(sorted(set(self.texts.unique()) & MISSING_WORDS))

    @cached_property
    def shown(self) -> dict[str, int]:
        """Return the texts that say something with their rows, most frequent first."""
        counted = (
            pl.DataFrame({"text": self.texts, "count": self.counts})
            .group_by("text")
            .agg(pl.col("count").sum())
            .filter(~pl.col("text").is_in(list(MISSING_WORDS)))
            .sort(["count", "text"], descending=[True, False])
        )
        return dict(counted.iter_rows())

    def count_rows(self, texts: tuple[str, ...]) -> int:
        """Return how many rows have one of these texts."""
        return int(self.counts.filter(self.texts.is_in(list(texts))).sum())

    @property
    def missing_share(self) -> float:
        """Return the share of rows without a value."""
        return self.missing_count / self.row_count


def count_cells(raw: pl.Series, *, name: str) -> Cells:
    """Return the different values of a column as it was read."""
    if raw.dtype.is_float():
        raw = raw.fill_nan(None)
    texts = format_as_text(raw).str.strip_chars()
    counted = (
        pl.DataFrame({"place": pl.int_range(len(raw), eager=True), "raw": texts})
        .filter(texts.is_not_null() & (texts != ""))
        .group_by("raw")
        .agg(pl.col("place").min(), pl.len().alias("count"))
        .sort(["count", "raw"], descending=[True, False])
    )
    return Cells(name, raw[counted["place"]], counted["raw"], counted["count"], len(raw))
