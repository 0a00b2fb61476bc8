"""Are the groups still accepted as evenly as on the model's test side? Their acceptance ratios, batch after batch.

The ratio is that of the four-fifths rule (`model.fairness`): a group's share accepted over that of the group which the
reference accepts most often, at the threshold in force. It needs no outcome. What is uneven from the start is the
promotion gate's and the report's to say; here rings what became so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import Final

from scipy.stats import norm

from credit_default.gates.monitoring.monitoring_gates import FAIRNESS
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.fairness.acceptance_counts import Acceptance, GroupAcceptance

GATE: Final = FAIRNESS.name


@dataclass(frozen=True, slots=True)
class FairnessDriftPolicy:
    """How far a ratio may fall. Shares and ratios are 0-1."""

    fewest_rows: int = 200  # in a group, of the batch and of the reference
    lowest_ratio: float = 0.8
    highest_loss: float = 0.1  # of the ratio, against the reference's
    confidence: float = 0.999  # that chance alone makes no group of an even batch ring


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """One group's acceptance ratio in the batch and in the reference, and by how many standard errors of chance it fell."""

    attribute: str
    group: str
    ratio: float
    reference_ratio: float
    deviations: float  # of the fall; below 0 it rose
    error: float  # standard error of the ratio's logarithm in the batch


def judge_fairness_drift(
    reference: Acceptance, current: Acceptance, *, policy: FairnessDriftPolicy | None = None
) -> Verdict:
    """`alarm` when a group's ratio fell by more than is allowed to below the line, beyond doubt, `watch` for one of both.

    `not judged` where no attribute has two groups that are large enough in both.
    """
    policy = policy or FairnessDriftPolicy()
    ratios = [
        ratio
        for name in reference
        for ratio in _measure_group_ratios(name, reference[name], current.get(name, {}), policy)
    ]
    if not ratios:
        reason = f"no attribute has two groups of at least {policy.fewest_rows:,} rows"
        return Verdict(GATE, "not judged", (reason,))
    beyond = float(norm.ppf(policy.confidence ** (1 / len(ratios))))
    levels = {ratio: _judge_ratio(ratio, beyond, policy) for ratio in ratios}
    lowest = min(ratios, key=lambda ratio: ratio.ratio)
    level = max(levels.values(), key=("ok", "watch", "alarm").index)
    told = [
        ratio for ratio in sorted(ratios, key=lambda r: -r.deviations) if levels[ratio] == level
    ]
    reasons = (
        tuple(map(_describe_ratio, told[:5]))
        if level != "ok"
        else (f"no ratio fell beyond noise; the lowest: {_describe_ratio(lowest)}",)
    )
    return Verdict(GATE, level, reasons, _list_figures(ratios))


def _measure_group_ratios(
    attribute: str,
    reference: Mapping[str, GroupAcceptance],
    current: Mapping[str, GroupAcceptance],
    policy: FairnessDriftPolicy,
) -> Iterator[GroupRatio]:
    """Each group that is large enough in both, against the one that the reference accepts most often."""
    groups = [
        name
        for name in reference
        if name in current
        and min(reference[name].row_count, current[name].row_count) >= policy.fewest_rows
        and reference[name].accept_count
    ]
    first = max(groups, key=lambda name: (reference[name].accept_share, name), default="")
    if not first or not current[first].accept_count:
        return
    for name in groups:
        if name == first:
            continue
        then, now = (
            _measure_accept_share(side[name]) / _measure_accept_share(side[first])
            for side in (reference, current)
        )
        error = sqrt(_measure_variance(current[name]) + _measure_variance(current[first]))
        before = sqrt(_measure_variance(reference[name]) + _measure_variance(reference[first]))
        fall = log(then) - log(now)
        yield GroupRatio(
            attribute, name, now, then, fall / max(1e-12, sqrt(error**2 + before**2)), error
        )


def _measure_accept_share(group: GroupAcceptance) -> float:
    """The share accepted; of a group of whom nobody is, half a client's, so that it has a logarithm."""
    return max(group.accept_count, 0.5) / group.row_count


def _measure_variance(group: GroupAcceptance) -> float:
    """Of the logarithm of a share (Katz et al. 1978)."""
    return (1 - _measure_accept_share(group)) / max(group.accept_count, 0.5)


def _judge_ratio(ratio: GroupRatio, beyond: float, policy: FairnessDriftPolicy) -> Level:
    fell = ratio.deviations > beyond and ratio.reference_ratio - ratio.ratio > policy.highest_loss
    is_low = log(ratio.ratio) + beyond * ratio.error < log(policy.lowest_ratio)
    became_low = is_low and ratio.reference_ratio >= policy.lowest_ratio
    return (
        "alarm"
        if fell and ratio.ratio < policy.lowest_ratio
        else "watch"
        if fell or became_low
        else "ok"
    )


def _list_figures(ratios: list[GroupRatio]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for ratio in ratios:
        name = f"{ratio.attribute}_acceptance_ratio"
        if ratio.ratio < figures.get(name, float("inf")):
            figures |= {name: ratio.ratio, f"reference_{name}": ratio.reference_ratio}
    return figures


def _describe_ratio(ratio: GroupRatio) -> str:
    return (
        f"{ratio.attribute} {ratio.group}: accepted {ratio.ratio:.2f} times as often as the most accepted group, "
        f"{ratio.reference_ratio:.2f} in the reference"
    )
