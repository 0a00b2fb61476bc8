"""What is known of a batch's scores without any row: counts, exact sums and the digest, part by part.

The sums of any two parts of a batch add up to those of both, bit for bit, however the rows are cut and whatever order they
come in: on one thread, several or several machines. They are taken from the scores as they are computed; where another
run computed them, from the table.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.adapters.tables.row_hashes import HASH_BYTES, sum_row_hashes

SUMMED_COLUMNS: Final = (
    "client_id",
    "statement_month",
    "default_probability",
    "decision",
    "risk_band",
    "expected_loss",
    "reasons",
)
_DECLINE: Final = "decline"
_MODULUS: Final = 1 << (8 * HASH_BYTES)
_UNIT_BITS: Final = 1_126  # the smallest float is a multiple of 2 ** -1126 after `frexp`
_MANTISSA_BITS: Final = 53
_HALF_BITS: Final = 26  # of a mantissa: a sum of halves stays exact in a float for 2 ** 26 rows


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


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """The counts and exact sums of some scored rows; `a + b` are those of both.

    Attributes:
        scored_count: Rows.
        declined_count: Those that are declined.
        reasoned_count: Those with reasons.
        hash_sum: The sum of the rows' hashes; see `row_hashes`.
        probability_units: The sum of the default probabilities, in units of 2 ** -1126.
        loss_units: The sums of expected losses by decision and by risk band, in the same unit.
    """

    scored_count: int = 0
    declined_count: int = 0
    reasoned_count: int = 0
    hash_sum: int = 0
    probability_units: int = 0
    loss_units: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "ScoreSums") -> "ScoreSums":
        names = [*self.loss_units, *(n for n in other.loss_units if n not in self.loss_units)]
        losses = {n: self.loss_units.get(n, 0) + other.loss_units.get(n, 0) for n in names}
        return ScoreSums(
            self.scored_count + other.scored_count,
            self.declined_count + other.declined_count,
            self.reasoned_count + other.reasoned_count,
            (self.hash_sum + other.hash_sum) % _MODULUS,
            self.probability_units + other.probability_units,
            losses,
        )

    @property
    def digest(self) -> str:
        """Return the digest of the rows, 64 hex digits; see `score_digests`."""
        return hashlib.sha256(f"{self.scored_count} {self.hash_sum:x}".encode()).hexdigest()

    def measure(self) -> ScoreMeasures:
        """Return the counts and sums as numbers, each sum rounded once."""
        total = _read_units(self.probability_units)
        return ScoreMeasures(
            self.scored_count,
            self.declined_count,
            self.reasoned_count,
            total / self.scored_count if self.scored_count else 0.0,
            {name: _read_units(self.loss_units[name]) for name in sorted(self.loss_units)},
        )


def sum_scores(frames: Iterable[pl.DataFrame]) -> ScoreSums:
    """Return the sums over all frames, which have the columns `SUMMED_COLUMNS`."""
    return sum(map(sum_frame, frames), start=ScoreSums())


def sum_frame(frame: pl.DataFrame) -> ScoreSums:
    """Return the sums over one frame, which has the columns `SUMMED_COLUMNS`."""
    return ScoreSums(
        frame.height,
        int((frame["decision"] == _DECLINE).sum()),
        int((frame["reasons"].list.len() > 0).sum()),
        sum_row_hashes(frame),
        sum_exactly(frame["default_probability"].drop_nulls().to_numpy()),
        _sum_losses(frame),
    )


def sum_exactly(values: NDArray[np.float64]) -> int:
    """Return the sum of finite numbers in units of 2 ** -1126, without rounding: the order makes no difference."""
    return _sum_groups(values, np.zeros(len(values), dtype=np.intp), group_count=1)[0]


def _sum_groups(
    values: NDArray[np.float64], groups: NDArray[np.intp], *, group_count: int
) -> list[int]:
    """Return the same of each group; `groups` holds each value's, counted from 0."""
    if not len(values):
        return [0] * group_count
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, _MANTISSA_BITS).astype(np.int64)
    lowest = int(exponents.min())
    span = int(exponents.max()) - lowest + 1
    cells = groups * span + (exponents - lowest)
    high = np.bincount(cells, weights=(whole >> _HALF_BITS).astype(np.float64))
    low = np.bincount(cells, weights=(whole & ((1 << _HALF_BITS) - 1)).astype(np.float64))
    totals = [0] * group_count
    for cell in np.flatnonzero((high != 0) | (low != 0)).tolist():
        group, place = divmod(cell, span)
        mantissa = (int(high[cell]) << _HALF_BITS) + int(low[cell])
        totals[group] += mantissa << (place + lowest - _MANTISSA_BITS + _UNIT_BITS)
    return totals


def _read_units(units: int) -> float:
    return units / (1 << _UNIT_BITS)


def _sum_losses(frame: pl.DataFrame) -> dict[str, int]:
    declared = frame.drop_nulls("expected_loss")
    losses = declared["expected_loss"].to_numpy()
    sums: dict[str, int] = {}
    for column, prefix in (("decision", ""), ("risk_band", "band ")):
        names = declared[column].unique(maintain_order=True).to_list()
        groups = np.zeros(declared.height, dtype=np.intp)
        for place, name in enumerate(names):
            groups[declared[column].eq_missing(name).to_numpy()] = place
        totals = _sum_groups(losses, groups, group_count=len(names))
        sums |= {f"{prefix}{name}": total for name, total in zip(names, totals, strict=True)}
    return sums
