"""The result of converting one column: its values, and how many of them the run has to mention."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class ConvertedColumn:
    """The values of a column in their checked type.

    `noted_count` of them were not read as they stand: an id without its ".0", a time without a zone
    as UTC.
    """

    values: pl.Series
    noted_count: int = 0

    @classmethod
    def of_nulls(cls, raw: pl.Series, dtype: type[pl.DataType] | pl.DataType) -> "ConvertedColumn":
        """Return a column for raw values of a type that can never be converted."""
        return cls(pl.Series(raw.name, [None], dtype=dtype).new_from_index(0, len(raw)))


def name_faulty_forms(texts: pl.Series, forms: dict[str, str], *, other: str) -> pl.Series:
    """Return for each text the name of the first form that it matches, or `other`."""
    text = pl.col("text")
    faults = [pl.when(text.str.contains(form)).then(pl.lit(name)) for name, form in forms.items()]
    return pl.DataFrame(texts.alias("text")).select(pl.coalesce(*faults, pl.lit(other))).to_series()
