"""Attribute a shift of the mean score to the inputs: to their values, or to the scores of each.

For one input at a time, each of its bins is a segment. The shift of the mean score is split exactly
into the part of the segments' shares (composition) and the part of the scores within them, from two
profiles alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from credit_default.data.contract.schema import Column
from credit_default.model.profile.binning import Bins
from credit_default.model.profile.column_counts import ColumnProfile, Profile
from credit_default.model.profile.plan import SCORE_COLUMN, ProfilePlan
from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class SegmentShift:
    """One segment's part in the shift; `composition` and `within` of all segments add up to it."""

    name: str  # "repayment_status_m1 2 (payment 2 months late)"
    reference_share: float  # of the rows, 0-1
    current_share: float
    composition: float  # because the segment's share changed
    within: float  # because the segment's mean score changed


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """The shift of the mean score, split over the segments of one input."""

    column: str
    segments: tuple[SegmentShift, ...]

    @property
    def composition(self) -> float:
        """Return the part of the shift that the input's distribution alone explains."""
        return sum(segment.composition for segment in self.segments)

    @property
    def within(self) -> float:
        """Return the part of the shift that is left to other inputs."""
        return sum(segment.within for segment in self.segments)


@dataclass(frozen=True, slots=True)
class ScoreShift:
    """The shift of the expected default share (0–1) and of the cost per 1,000 decisions."""

    reference_share: float
    current_share: float
    standard_error: float  # of the difference of the shares, from sampling alone
    reference_cost: float
    current_cost: float
    columns: tuple[ColumnShift, ...]  # in the order requested

    @property
    def mean_shift(self) -> float:
        """Return the difference of the mean score, current less reference."""
        return self.current_share - self.reference_share

    def find_cause(self) -> SegmentShift | None:
        """Return the segment whose share explains most of the shift; None where none does."""
        found = [segment for column in self.columns for segment in column.segments]
        cause = max(found, key=lambda segment: segment.composition * self.mean_shift, default=None)
        return cause if cause is not None and cause.composition * self.mean_shift > 0 else None


def measure_score_shift(
    plan: ProfilePlan, reference: Profile, current: Profile, *, columns: Iterable[Column]
) -> ScoreShift:
    """Return the shift of the mean score, its cost, and its attribution to each of the inputs.

    Args:
        plan: The plan by which both profiles were counted.
        reference: The reference's profile.
        current: The batch's profile.
        columns: The inputs to attribute the shift to.
    """
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
    """Split the shift of the mean score over the bins of one input; empty bins are left out.

    Args:
        plan: The plan by which both profiles were counted.
        reference: The reference's profile.
        current: The batch's profile.
        column: The input.
    """
    (bins,) = (item.bins for item in plan.columns if item.name == column.name)
    level = (reference.expected_default_share + current.expected_default_share) / 2
    parts = _split_shift(reference.columns[column.name], current.columns[column.name], level=level)
    segments = (
        SegmentShift(describe_segment(column, bins, place), *parts[:, place].tolist())
        for place in np.flatnonzero((parts[0] > 0) | (parts[1] > 0)).tolist()
    )
    return ColumnShift(column.name, tuple(segments))


def _split_shift(before: ColumnProfile, after: ColumnProfile, *, level: float) -> FloatArray:
    """Return the share before, the share after, composition and within of each segment.

    With shares w and mean scores m of a segment before, w' and m' after, and the mean M of both
    sides' mean scores (`level`): composition is (w' - w) · ((m + m') / 2 - M), within is
    (w + w') / 2 · (m' - m). A segment that is empty on one side has the other side's score there.

    Returns:
        Array of shape (4, segment count).
    """
    shares = [side.counts / side.counts.sum() for side in (before, after)]
    means = _measure_segment_means(before, after)
    composition = (shares[1] - shares[0]) * ((means[0] + means[1]) / 2 - level)
    within = (shares[0] + shares[1]) / 2 * (means[1] - means[0])
    return np.array([*shares, composition, within])


def _measure_segment_means(*sides: ColumnProfile) -> list[FloatArray]:
    """Return each side's mean score by segment; that of the other side where it is empty."""
    means = [
        np.divide(s.score_sums, s.counts, out=np.zeros(len(s.counts)), where=s.counts > 0)
        for s in sides
    ]
    return [
        np.where(s.counts > 0, mean, other)
        for s, mean, other in zip(sides, means, means[::-1], strict=True)
    ]


def describe_segment(column: Column, bins: Bins, place: int) -> str:
    """Return a bin in words: the column, and the code with its meaning or the range of values.

    Args:
        column: The column that was binned.
        bins: Its bins.
        place: The bin's position; the two after the last bin are unknown and missing values.
    """
    if place >= bins.bin_count:
        return f"{column.name} {'missing' if place > bins.bin_count else 'not seen before'}"
    if len(bins.values):
        value = bins.values[place]
        meaning = column.special.get(value) or (
            column.codes.get(int(value)) if float(value).is_integer() else None
        )
        return f"{column.name} {value:,.6g}" + (f" ({meaning})" if meaning else "")
    if place > len(bins.edges):
        value = bins.special[place - len(bins.edges) - 1]
        return f"{column.name} {value:,.6g} ({column.special[value]})"
    if not len(bins.edges):
        return f"{column.name} any"
    if place in {0, len(bins.edges)}:
        return f"{column.name} " + (
            f"below {bins.edges[0]:,.6g}" if place == 0 else f"from {bins.edges[-1]:,.6g}"
        )
    return f"{column.name} {bins.edges[place - 1]:,.6g} to {bins.edges[place]:,.6g}"


def _measure_variance(score: ColumnProfile) -> float:
    """Return the sampling variance of the mean score."""
    count = int(score.counts[:-1].sum())
    return max(0.0, score.square_total / count - score.mean**2) / count if count else 0.0
