"""Is anybody worse off? The gain in log loss within each group of clients, and not on average alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.statistics.bootstrap import FloatArray, measure_log_loss


@dataclass(frozen=True, slots=True)
class SliceGain:
    """One slice: its rows and the challenger's gain in log loss there (positive: better), with its standard error."""

    name: str
    row_count: int
    gain: float
    standard_error: float

    @property
    def chance(self) -> float:
        """How likely so low a gain is where the two are equally good (0-1)."""
        if not self.standard_error:  # every client of the slice is scored alike
            return 1.0 if self.gain >= 0 else 0.0
        return NormalDist().cdf(self.gain / self.standard_error)


def check_slices(contest: PairedScores, *, policy: PromotionPolicy) -> Check:
    """A fault where a slice is worse by more than the margin and beyond noise, corrected for the number of slices.

    Slices without enough rows of both outcomes say nothing and are left out. The gain is a mean of paired differences,
    so its error needs no resampling; Holm's steps keep the chance of any false objection (1979, Scandinavian Journal of
    Statistics 6, 65-70), whatever the overlap.
    """
    slices = list(measure_slices(contest, policy=policy))
    if not slices:
        return Check("slices: none is large enough to be judged apart")
    worst = min(slices, key=lambda found: (found.chance, found.gain))
    figures = {"slice_count": float(len(slices)), "worst_slice_log_loss_gain": worst.gain}
    worse = [
        s
        for s in _select_worse_slices(slices, level=1 - policy.objection_confidence)
        if -s.gain > policy.slice_log_loss_margin
    ]
    if worse:
        told = "; ".join(
            f"{s.name}, log loss {_describe_gain(s)} on {s.row_count:,} rows" for s in worse[:3]
        )
        more = f" and {len(worse) - 3} more" if len(worse) > 3 else ""  # noqa: PLR2004 - a line holds three
        return Check(
            f"slices: worse for {told}{more}",
            fault=f"{_describe_count(worse)} worse",
            figures=figures,
        )
    return Check(
        f"slices: none of {len(slices)} is worse beyond noise; the nearest to it {worst.name}, log loss {_describe_gain(worst)}",
        figures=figures,
    )


def measure_slices(contest: PairedScores, *, policy: PromotionPolicy) -> Iterator[SliceGain]:
    """The gain in every slice that is large enough, in the order of groups and labels."""
    defaulted = np.asarray(contest.defaulted, dtype=np.int64)
    gains: FloatArray = measure_log_loss(
        defaulted, np.asarray(contest.champion, dtype=np.float64)
    ) - measure_log_loss(defaulted, np.asarray(contest.challenger, dtype=np.float64))
    for name, labels in contest.groups.items():
        levels, of_row = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        if len(levels) == 1:  # everybody: the contest itself
            continue
        counts, defaults, sums, squares = (
            np.bincount(of_row, weights=weights, minlength=len(levels))
            for weights in (None, defaulted, gains, gains * gains)
        )
        fewest = np.minimum(defaults, counts - defaults)
        for position in np.flatnonzero(
            (counts >= policy.fewest_rows) & (fewest >= policy.fewest_defaults)
        ):
            mean = sums[position] / counts[position]
            variance = max(0.0, squares[position] / counts[position] - mean * mean)
            error = float(np.sqrt(variance / counts[position]))
            yield SliceGain(f"{name} {levels[position]}", int(counts[position]), float(mean), error)


def _select_worse_slices(slices: Sequence[SliceGain], *, level: float) -> list[SliceGain]:
    """Those that stand out at this level after Holm's correction, the surest first."""
    rising = sorted(slices, key=lambda found: found.chance)
    found: list[SliceGain] = []
    for position, candidate in enumerate(rising):
        if candidate.chance > level / (len(rising) - position):
            break
        found.append(candidate)
    return found


def _describe_count(worse: Sequence[SliceGain]) -> str:
    return f"the slice {worse[0].name} is" if len(worse) == 1 else f"{len(worse)} slices are"


def _describe_gain(found: SliceGain) -> str:
    return f"{'better' if found.gain >= 0 else 'worse'} by {abs(found.gain):.4f}"
