"""Why has the mean score moved? Because clients are others than before, or because the same kind of client scores otherwise.

For one input at a time, each of its bins a segment: the move of the mean score is split, exactly, into what the segments'
shares did (composition) and what the scores within them did. From two profiles alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from credit_default.data.contract.schema import Column
from credit_default.model.profile.binning import Bins
from credit_default.model.profile.column_counts import ColumnProfile, Profile
from credit_default.model.profile.plan import SCORE_COLUMN, ProfilePlan


@dataclass(frozen=True, slots=True)
class SegmentShift:
    """One segment's part in the move of the mean score. `composition` and `within` of all segments add up to the move."""

    name: str  # in words: "repayment_status_m1 2 (payment 2 months late)"
    reference_share: float  # of the rows, 0-1
    current_share: float
    composition: float  # because there are more or fewer of them
    within: float  # because they score otherwise


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """The move of the mean score, split over the segments of one input."""

    column: str
    segments: tuple[SegmentShift, ...]

    @property
    def composition(self) -> float:
        """What the input's distribution alone explains of the move."""
        return sum(segment.composition for segment in self.segments)

    @property
    def within(self) -> float:
        """What it leaves to other inputs."""
        return sum(segment.within for segment in self.segments)


@dataclass(frozen=True, slots=True)
class ScoreShift:
    """What the moved inputs do to the expected default share (0-1) and to the expected cost of 1,000 decisions."""

    reference_share: float
    current_share: float
    standard_error: float  # of the difference of both shares, by chance alone
    reference_cost: float
    current_cost: float
    columns: tuple[ColumnShift, ...]  # in the order asked for

    @property
    def move(self) -> float:
        """The difference of the mean score, current less reference."""
        return self.current_share - self.reference_share

    def find_cause(self) -> SegmentShift | None:
        """The segment whose share explains most of the move; None where none pulls that way."""
        found = [segment for column in self.columns for segment in column.segments]
        cause = max(found, key=lambda segment: segment.composition * self.move, default=None)
        return cause if cause is not None and cause.composition * self.move > 0 else None


def measure_score_shift(
    plan: ProfilePlan, reference: Profile, current: Profile, *, columns: Iterable[Column]
) -> ScoreShift:
    """How far the mean score has moved, what that costs, and what each of these inputs has to do with it."""
    before, after = reference.columns[SCORE_COLUMN], current.columns[SCORE_COLUMN]
    return ScoreShift(
        reference_share=reference.expected_default_share,
        current_share=current.expected_default_share,
        standard_error=sqrt(_measure_variance(before) + _measure_variance(after)),
        reference_cost=reference.expected_cost,
        current_cost=current.expected_cost,
        columns=tuple(
            attribute_shift(plan, reference, current, column=column) for column in columns
        ),
    )


def attribute_shift(
    plan: ProfilePlan, reference: Profile, current: Profile, *, column: Column
) -> ColumnShift:
    """The move of the mean score, split over this input's bins; bins that no row is in are left out.

    With shares w and mean scores m of a segment, before and after: (w' - w) times the mean of m and m' less the mean
    score of all, and the mean of w and w' times (m' - m). Where a segment is empty on one side, its score there counts
    as on the other.
    """
    (bins,) = (item.bins for item in plan.columns if item.name == column.name)
    before, after = reference.columns[column.name], current.columns[column.name]
    shares = [side.counts / side.counts.sum() for side in (before, after)]
    means = [
        np.divide(s.score_sums, s.counts, out=np.zeros(len(s.counts)), where=s.counts > 0)
        for s in (before, after)
    ]
    means = [
        np.where(s.counts > 0, m, other)
        for s, m, other in zip((before, after), means, means[::-1], strict=True)
    ]
    level = (reference.expected_default_share + current.expected_default_share) / 2
    composition = (shares[1] - shares[0]) * ((means[0] + means[1]) / 2 - level)
    within = (shares[0] + shares[1]) / 2 * (means[1] - means[0])
    return ColumnShift(
        column.name,
        tuple(
            SegmentShift(
                describe_segment(column, bins, place),
                float(shares[0][place]),
                float(shares[1][place]),
                float(composition[place]),
                float(within[place]),
            )
            for place in np.flatnonzero((shares[0] > 0) | (shares[1] > 0)).tolist()
        ),
    )


def describe_segment(column: Column, bins: Bins, place: int) -> str:
    """A bin in words: the column, and the code with its meaning or the range of values."""
    if place >= bins.bin_count:
        return f"{column.name} {'missing' if place > bins.bin_count else 'not seen before'}"
    if len(bins.values):
        value = bins.values[place]
        meaning = column.codes.get(int(value)) if float(value).is_integer() else None
        return f"{column.name} {value:,.6g}" + (f" ({meaning})" if meaning else "")
    if not len(bins.edges):
        return f"{column.name} any"
    if place in {0, len(bins.edges)}:
        return f"{column.name} " + (
            f"below {bins.edges[0]:,.6g}" if place == 0 else f"from {bins.edges[-1]:,.6g}"
        )
    return f"{column.name} {bins.edges[place - 1]:,.6g} to {bins.edges[place]:,.6g}"


def _measure_variance(score: ColumnProfile) -> float:
    """Of the mean score, by chance alone."""
    count = int(score.counts[:-1].sum())
    return max(0.0, score.square_total / count - score.mean**2) / count if count else 0.0
