"""Count the rows of a batch column by column, in one pass: everything that monitoring compares.

A profile is made from one frame. Profiles of different rows are merged in any order and grouping,
so that memory does not grow with the rows. Counts are exact, sums up to rounding. A profile holds
nothing about a single client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.profile.binning import Counts, place_on_grid
from credit_default.model.profile.plan import (
    DECISION_COLUMN,
    SCORE_COLUMN,
    ColumnPlan,
    ProfilePlan,
    read_values,
)
from credit_default.model.profile.value_hashes import hash_values, scramble_bits
from credit_default.model.statistics.bootstrap import FloatArray

STEPS_IN_OCTAVE: Final = 4
_LOWEST_STEP, _MAGNITUDE_COUNT = -40, 240  # from 2**-10 up to 2**50, in quarters of an octave
# Size of the bitmap that counts distinct rows: an error below .3 % up to 30 million rows.
_SLOT_COUNT: Final = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class ColumnProfile:
    """The counts and moments of one column's values.

    Arrays by class are in the order of `Bins`; all else leaves out missing and special values.
    """

    counts: Counts  # by class
    score_sums: FloatArray  # of default_probability, by class
    zero_count: int
    repeat_count: int  # rows whose value is not 0 and equal to the month before
    minimum: float  # inf where no value is a number
    maximum: float  # -inf where no value is a number
    total: float
    square_total: float
    magnitudes: Counts  # of values other than 0, by size, in quarters of an octave
    number_count: int  # values that are neither missing nor special
    fingerprint: int  # 64-bit hash of the values, independent of their order
    grid_counts: Counts  # by position as of `place_on_grid`; empty where there is no grid
    grid_sums: FloatArray

    @property
    def missing_count(self) -> int:
        """Return the number of rows without a value."""
        return int(self.counts[-1])

    @property
    def mean(self) -> float:
        """Return the mean of the values that are numbers; NaN where none is."""
        return self.total / self.number_count if self.number_count else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The profile of all rows of a batch, or of a reference."""

    row_count: int
    columns: Mapping[str, ColumnProfile]
    cost_total: float  # expected cost of the decisions, in the policy's unit
    slots: NDArray[np.bool_]  # bitmap of the rows' hashes, for counting distinct rows

    @property
    def identical_share(self) -> float:
        """Return the share (0–1) of rows that repeat another row in every input.

        It is estimated by linear counting (Whang, Vander-Zanden and Taylor 1990, ACM TODS 15,
        208-229).
        """
        free = 1 - float(self.slots.mean())
        distinct = -len(self.slots) * np.log(max(free, 1 / len(self.slots)))
        return max(0.0, 1 - float(distinct) / self.row_count) if self.row_count else 0.0

    @property
    def expected_default_share(self) -> float:
        """Return the mean default_probability, 0–1."""
        return self.columns[SCORE_COLUMN].mean

    @property
    def expected_cost(self) -> float:
        """Return the expected cost per 1,000 clients, if the probabilities are right."""
        return 1_000 * self.cost_total / self.row_count if self.row_count else 0.0


def profile_rows(plan: ProfilePlan, rows: pl.DataFrame) -> Profile:
    """Return the profile of scored rows.

    Args:
        plan: How the rows are counted.
        rows: Checked rows with score and decision.

    Raises:
        InputError: a column is missing.
    """
    values = _read_columns(plan, rows)
    score = values[SCORE_COLUMN]
    hashes = np.zeros(rows.height, dtype=np.uint64)
    columns = {}
    for number, column in enumerate(plan.columns):
        hashed = hash_values(values[column.name], number)
        hashes += hashed if column.name not in {SCORE_COLUMN, DECISION_COLUMN} else np.uint64(0)
        earlier = (
            None if column.previous_month_column is None else values[column.previous_month_column]
        )
        columns[column.name] = _profile_column(
            column, values[column.name], score, earlier=earlier, hashed=hashed
        )
    slots = np.zeros(_SLOT_COUNT, dtype=np.bool_)
    slots[scramble_bits(hashes) >> np.uint64(42)] = True
    policy = plan.decision_policy
    costs = np.where(
        values[DECISION_COLUMN] > 0,
        (1 - score) * policy.false_alarm_cost,
        score * policy.missed_default_cost,
    )
    return Profile(rows.height, columns, float(costs.sum()), slots)


def _read_columns(plan: ProfilePlan, rows: pl.DataFrame) -> dict[str, FloatArray]:
    missing = [column.name for column in plan.columns if column.name not in rows.columns]
    if missing:
        raise InputError(
            "rows to profile",
            found=f"no column {missing[0]!r}",
            expected="every input, score and decision",
            remedy="Pass checked and scored rows.",
        )
    return {column.name: read_values(rows, column.name) for column in plan.columns}


def merge_profiles(first: Profile, second: Profile) -> Profile:
    """Return the profile of the rows of both, which were counted by one plan."""
    columns = {
        name: _merge_columns(column, second.columns[name]) for name, column in first.columns.items()
    }
    return Profile(
        first.row_count + second.row_count,
        columns,
        first.cost_total + second.cost_total,
        first.slots | second.slots,
    )


def profile_frames(plan: ProfilePlan, frames: Iterable[pl.DataFrame]) -> Profile:
    """Return the profile of all frames; each is released before the next is read.

    Raises:
        InputError: no frame, or a column is missing.
    """
    profiles = (profile_rows(plan, frame) for frame in frames)
    first = next(profiles, None)
    if first is None:
        raise InputError(
            "rows to profile",
            found="none",
            expected="at least one frame",
            remedy="Score the batch first.",
        )
    return reduce(merge_profiles, profiles, first)


def measure_magnitude(column: ColumnProfile, share: float) -> float:
    """Return the size (log2) below which a share of the values other than 0 lies.

    It is read from bins of a quarter of an octave, so that it is off by an eighth of an octave at
    most.

    Args:
        column: The column's profile.
        share: The share, 0–1.

    Returns:
        The size in octaves; NaN where all values are 0 or missing.
    """
    total = int(column.magnitudes.sum())
    if not total:
        return float("nan")
    step = int(np.searchsorted(np.cumsum(column.magnitudes), share * total))
    return (step + _LOWEST_STEP + 0.5) / STEPS_IN_OCTAVE


def _profile_column(
    plan: ColumnPlan,
    values: FloatArray,
    score: FloatArray,
    *,
    earlier: FloatArray | None,
    hashed: NDArray[np.uint64],
) -> ColumnProfile:
    place = plan.bins.assign_bins(values)
    present = plan.keep_numbers(values)
    on_grid = place_on_grid(plan.grid, present) if len(plan.grid) else np.empty(0, dtype=np.intp)
    slot_count = 2 * len(plan.grid) + 1 if len(plan.grid) else 0
    repeats = 0 if earlier is None else np.count_nonzero((values == earlier) & (values != 0))
    return ColumnProfile(
        counts=np.bincount(place, minlength=plan.bins.class_count),
        score_sums=np.bincount(place, weights=score, minlength=plan.bins.class_count).astype(
            np.float64
        ),
        zero_count=int(np.count_nonzero(present == 0)),
        repeat_count=int(repeats),
        minimum=float(present.min(initial=np.inf)),
        maximum=float(present.max(initial=-np.inf)),
        total=float(present.sum()),
        square_total=float(np.dot(present, present)),
        magnitudes=_count_magnitudes(present),
        number_count=len(present),
        fingerprint=int(scramble_bits(hashed).sum(dtype=np.uint64)),
        grid_counts=np.bincount(on_grid, minlength=slot_count),
        grid_sums=np.bincount(
            on_grid, weights=present[: len(on_grid)], minlength=slot_count
        ).astype(np.float64),
    )


def _merge_columns(first: ColumnProfile, second: ColumnProfile) -> ColumnProfile:
    return ColumnProfile(
        counts=first.counts + second.counts,
        score_sums=first.score_sums + second.score_sums,
        zero_count=first.zero_count + second.zero_count,
        repeat_count=first.repeat_count + second.repeat_count,
        minimum=min(first.minimum, second.minimum),
        maximum=max(first.maximum, second.maximum),
        total=first.total + second.total,
        square_total=first.square_total + second.square_total,
        magnitudes=first.magnitudes + second.magnitudes,
        number_count=first.number_count + second.number_count,
        fingerprint=(first.fingerprint + second.fingerprint) % (1 << 64),
        grid_counts=first.grid_counts + second.grid_counts,
        grid_sums=first.grid_sums + second.grid_sums,
    )


def _count_magnitudes(present: FloatArray) -> Counts:
    sizes = np.abs(present[present != 0])
    steps = np.floor(STEPS_IN_OCTAVE * np.log2(sizes)).astype(np.int64) - _LOWEST_STEP
    return np.bincount(np.clip(steps, 0, _MAGNITUDE_COUNT - 1), minlength=_MAGNITUDE_COUNT)
