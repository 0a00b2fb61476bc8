"""Count and sum a batch's scores frame by frame; tallies of different rows are merged in any order and grouping.

Sums are exact, so that the order of the rows and where they were counted change no bit of a figure.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import polars as pl

_DECLINE = "decline"
_MANTISSA_BITS = 53
_HALF_BITS = 27  # sums of so many bits need 2**36 numbers to overflow


@dataclass(frozen=True, slots=True)
class ScoreMeasures:
    """Counts and sums over a batch's scores under one model version.

    Attributes:
        scored_count: Rows with a score.
        declined_count: Rows whose decision is to decline.
        reasoned_count: Declined rows with reasons.
        expected_default_share: Mean default probability, 0-1; 0 where there are no scores.
        expected_losses: Sums by decision ("accept") and by risk band ("band A"), in the portfolio's
            currency; empty where the portfolio declares no expected loss.
    """

    scored_count: int
    declined_count: int
    reasoned_count: int
    expected_default_share: float
    expected_losses: Mapping[str, float]


@dataclass(slots=True)
class ScoreTally:
    """What was seen of a batch's scores so far."""

    scored_count: int = 0
    declined_count: int = 0
    reasoned_count: int = 0
    probability: Counter[int] = field(
        default_factory=Counter
    )  # by exponent, as `_add_exactly` has it
    losses: dict[str, Counter[int]] = field(default_factory=dict)  # by decision and by band

    def add(self, frame: pl.DataFrame) -> None:
        """Add the scores of a frame with the columns that are summed."""
        self.scored_count += frame.height
        self.declined_count += int((frame["decision"] == _DECLINE).sum())
        self.reasoned_count += int((frame["reasons"].list.len() > 0).sum())
        _add_exactly(frame["default_probability"], self.probability)
        declared = frame.drop_nulls("expected_loss")
        for column, prefix in (("decision", ""), ("risk_band", "band ")):
            for (name,), rows in declared.partition_by(column, as_dict=True).items():
                into = self.losses.setdefault(f"{prefix}{name}", Counter())
                _add_exactly(rows["expected_loss"], into)

    def merge(self, other: "ScoreTally") -> None:
        """Add what was seen of other rows."""
        self.scored_count += other.scored_count
        self.declined_count += other.declined_count
        self.reasoned_count += other.reasoned_count
        self.probability.update(other.probability)
        for name, sums in other.losses.items():
            self.losses.setdefault(name, Counter()).update(sums)

    def measure(self) -> ScoreMeasures:
        """Return the counts and the rounded sums."""
        total = _round(self.probability)
        return ScoreMeasures(
            self.scored_count,
            self.declined_count,
            self.reasoned_count,
            total / self.scored_count if self.scored_count else 0.0,
            {name: _round(sums) for name, sums in sorted(self.losses.items())},
        )


def _add_exactly(values: pl.Series, sums: Counter[int]) -> None:
    """Add the values to sums of whole numbers: `sums[e]` counts how often 2**e was added.

    Each value is a whole number of 53 bits times a power of two. The numbers of one power are summed in two halves.
    """
    mantissas, exponents = np.frexp(values.drop_nulls().to_numpy())
    whole = (mantissas * (1 << _MANTISSA_BITS)).astype(np.int64)
    for exponent in np.unique(exponents).tolist():
        chosen = whole[exponents == exponent]
        high = chosen >> _HALF_BITS
        low = chosen - (high << _HALF_BITS)
        total = (int(high.sum()) << _HALF_BITS) + int(low.sum())
        sums[exponent - _MANTISSA_BITS] += total


def _round(sums: Mapping[int, int]) -> float:
    """Return the sum as the nearest float."""
    return float(sum((Fraction(2) ** place * count for place, count in sums.items()), Fraction(0)))
