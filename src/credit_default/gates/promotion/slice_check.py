"""Check that the challenger is not worse for any group of clients, by its log loss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.slice_sums import select_by_holm, sum_slices
from credit_default.model.statistics.bootstrap import FloatArray, measure_log_loss

_SHOWN_COUNT: Final = 3


@dataclass(frozen=True, slots=True)
class SliceGain:
    """One slice and the challenger's gain in log loss there; positive: challenger better."""

    name: str
    row_count: int
    gain: float
    standard_error: float

    @property
    def p_value(self) -> float:
        """Return the probability (0-1) of so low a gain if both models were equally good."""
        if not self.standard_error:  # every client of the slice has the same difference
            return 1.0 if self.gain >= 0 else 0.0
        return NormalDist().cdf(self.gain / self.standard_error)


def check_slices(scores: PairedScores, *, policy: PromotionPolicy) -> Check:
    """Check every slice that is large enough.

    The gain is a mean of paired differences, so its error needs no resampling.

    Returns:
        A fault where a slice is worse by more than the margin and beyond noise, corrected for the
        number of slices.
    """
    slices = list(measure_slices(scores, policy=policy))
    if not slices:
        return Check("slices: none is large enough to be judged separately")
    worst = min(slices, key=lambda found: (found.p_value, found.gain))
    figures = {"slice_count": float(len(slices)), "worst_slice_log_loss_gain": worst.gain}
    significant = select_by_holm(
        [found.p_value for found in slices], level=1 - policy.objection_confidence
    )
    worse = [
        slices[place] for place in significant if -slices[place].gain > policy.slice_log_loss_margin
    ]
    if worse:
        summary = f"slices: worse for {_list_worse_slices(worse)}"
        return Check(
            summary,
            fault=f"{_describe_count(worse)} worse (promotion.slice_log_loss_margin)",
            figures=figures,
        )
    return Check(
        f"slices: none of {len(slices)} is worse beyond noise; "
        f"the closest is {worst.name}, log loss {_describe_gain(worst)}",
        figures=figures,
    )


def measure_slices(scores: PairedScores, *, policy: PromotionPolicy) -> Iterator[SliceGain]:
    """Yield the gain of every slice with enough rows of both outcomes.

    Slices come in the order of groups and labels.
    """
    defaulted = np.asarray(scores.defaulted, dtype=np.int64)
    champion_loss, challenger_loss = (
        measure_log_loss(defaulted, np.asarray(scored, dtype=np.float64))
        for scored in (scores.champion, scores.challenger)
    )
    gains: FloatArray = champion_loss - challenger_loss
    terms = np.column_stack([gains, gains * gains])
    for found in sum_slices(scores.groups, defaulted=defaulted, terms=terms, policy=policy):
        mean, square = found.sums / found.row_count
        error = float(np.sqrt(max(0.0, square - mean * mean) / found.row_count))
        yield SliceGain(found.name, found.row_count, float(mean), error)


def _list_worse_slices(worse: Sequence[SliceGain]) -> str:
    shown = "; ".join(
        f"{found.name}, log loss {_describe_gain(found)} on {found.row_count:,} rows"
        for found in worse[:_SHOWN_COUNT]
    )
    rest = len(worse) - _SHOWN_COUNT
    return f"{shown} and {rest} more" if rest > 0 else shown


def _describe_count(worse: Sequence[SliceGain]) -> str:
    return f"the slice {worse[0].name} is" if len(worse) == 1 else f"{len(worse)} slices are"


def _describe_gain(found: SliceGain) -> str:
    return f"{'better' if found.gain >= 0 else 'worse'} by {abs(found.gain):.4f}"
