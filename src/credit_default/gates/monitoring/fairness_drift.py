"""Judge whether groups are still accepted as evenly as on the model's test side.

The ratio is that of the four-fifths rule (`model.fairness`): the accepted share of a group over
that of the group which the reference accepts most often, at the threshold in force. It needs no
outcomes. Unevenness that the model had from the start is the subject of the promotion gate and the
fairness report; this gate reports what became uneven.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final

from credit_default.gates.monitoring.monitoring_gates import FAIRNESS
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.fairness.acceptance_counts import Acceptance, GroupAcceptance
from credit_default.model.statistics.tails import find_normal_quantile

GATE: Final = FAIRNESS.name
_LEVELS: Final[tuple[Level, ...]] = ("ok", "watch", "alarm")
_SHOWN_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class FairnessDriftPolicy:
    """How far an acceptance ratio may fall. Shares and ratios are 0-1."""

    fewest_rows: int = 200  # in a group, of the batch and of the reference
    lowest_ratio: float = 0.8
    highest_loss: float = 0.1  # of the ratio, against the reference's
    confidence: float = 0.999  # that chance alone raises no alarm in an even batch


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """The acceptance ratio of one group in the batch and in the reference."""

    attribute: str
    group: str
    ratio: float
    reference_ratio: float
    deviations: float  # standard errors by which it fell; below 0 it rose
    standard_error: float  # of the ratio's logarithm in the batch

    def measure_interval(self, *, deviations: float = 1.96) -> tuple[float, float]:
        """Return the ends of the ratio's interval in the batch, by default that of 95 % (Katz et al. 1978)."""
        factor = exp(deviations * self.standard_error)
        return self.ratio / factor, self.ratio * factor


def judge_fairness_drift(
    reference: Acceptance, current: Acceptance, *, policy: FairnessDriftPolicy | None = None
) -> Verdict:
    """Judge how the acceptance ratios changed.

    Args:
        reference: Rows and accepted clients by attribute and group, on the model's test side.
        current: The same for the batch.
        policy: Thresholds; the defaults when not given.

    Returns:
        `alarm` when a ratio fell, beyond noise, by more than is allowed to below the limit; `watch`
        when it did only one of both; else `ok`. `not judged` where no attribute has two groups that
        are large enough in both.
    """
    policy = policy or FairnessDriftPolicy()
    ratios = measure_group_ratios(reference, current, policy=policy)
    if not ratios:
        reason = (
            f"no attribute has two groups of at least {policy.fewest_rows:,} rows "
            "(fairness_drift.fewest_rows)"
        )
        return Verdict(GATE, "not judged", (reason,))
    beyond = find_normal_quantile(policy.confidence ** (1 / len(ratios)))
    levels = {ratio: _judge_ratio(ratio, beyond, policy) for ratio in ratios}
    level = max(levels.values(), key=_LEVELS.index)
    return Verdict(GATE, level, _list_reasons(levels, level, policy), _list_figures(ratios))


def measure_group_ratios(
    reference: Acceptance, current: Acceptance, *, policy: FairnessDriftPolicy
) -> tuple[GroupRatio, ...]:
    """Return the ratio of each group that is large enough in both, to the group that the reference accepts most often."""
    return tuple(
        ratio
        for name in reference
        for ratio in _measure_group_ratios(name, reference[name], current.get(name, {}), policy)
    )


def _list_reasons(
    levels: Mapping[GroupRatio, Level], level: Level, policy: FairnessDriftPolicy
) -> tuple[str, ...]:
    if level == "ok":
        lowest = min(levels, key=lambda ratio: ratio.ratio)
        return (f"no ratio fell beyond noise; the lowest: {_describe_ratio(lowest)}",)
    found = sorted(
        (ratio for ratio in levels if levels[ratio] == level),
        key=lambda ratio: -ratio.deviations,
    )
    return tuple(
        f"{_describe_ratio(ratio)}, {_describe_limit(ratio, policy)}"
        for ratio in found[:_SHOWN_COUNT]
    )


def _measure_group_ratios(
    attribute: str,
    reference: Mapping[str, GroupAcceptance],
    current: Mapping[str, GroupAcceptance],
    policy: FairnessDriftPolicy,
) -> Iterator[GroupRatio]:
    """Yield the ratio of each large group to the group that the reference accepts most often."""
    names = _list_large_groups(reference, current, policy)
    first = max(names, key=lambda name: (reference[name].accept_share, name), default="")
    if not first or not current[first].accept_count:
        return
    for name in names:
        if name == first:
            continue
        then, now = (
            _measure_accept_share(side[name]) / _measure_accept_share(side[first])
            for side in (reference, current)
        )
        before, error = (
            sqrt(_measure_log_variance(side[name]) + _measure_log_variance(side[first]))
            for side in (reference, current)
        )
        deviations = (log(then) - log(now)) / max(1e-12, sqrt(error**2 + before**2))
        yield GroupRatio(attribute, name, now, then, deviations, error)


def _list_large_groups(
    reference: Mapping[str, GroupAcceptance],
    current: Mapping[str, GroupAcceptance],
    policy: FairnessDriftPolicy,
) -> list[str]:
    return [
        name
        for name in reference
        if name in current
        and min(reference[name].row_count, current[name].row_count) >= policy.fewest_rows
        and reference[name].accept_count
    ]


def _measure_accept_share(group: GroupAcceptance) -> float:
    """Return the accepted share, at least that of half a client, so that it has a logarithm."""
    return max(group.accept_count, 0.5) / group.row_count


def _measure_log_variance(group: GroupAcceptance) -> float:
    """Return the variance of the logarithm of the accepted share (Katz et al. 1978)."""
    return (1 - _measure_accept_share(group)) / max(group.accept_count, 0.5)


def _judge_ratio(ratio: GroupRatio, beyond: float, policy: FairnessDriftPolicy) -> Level:
    fell = ratio.deviations > beyond and ratio.reference_ratio - ratio.ratio > policy.highest_loss
    is_low = log(ratio.ratio) + beyond * ratio.standard_error < log(policy.lowest_ratio)
    became_low = is_low and ratio.reference_ratio >= policy.lowest_ratio
    if fell and ratio.ratio < policy.lowest_ratio:
        return "alarm"
    return "watch" if fell or became_low else "ok"


def _list_figures(ratios: Sequence[GroupRatio]) -> dict[str, float]:
    """Return the lowest ratio of each attribute, and that of the same group in the reference."""
    figures: dict[str, float] = {}
    for ratio in ratios:
        name = f"{ratio.attribute}_acceptance_ratio"
        if ratio.ratio < figures.get(name, float("inf")):
            figures |= {name: ratio.ratio, f"reference_{name}": ratio.reference_ratio}
    return figures


def _describe_limit(ratio: GroupRatio, policy: FairnessDriftPolicy) -> str:
    """Return the limits that the ratio broke, each with its setting."""
    lost = ratio.reference_ratio - ratio.ratio > policy.highest_loss
    limits = [f"a loss of {policy.highest_loss:g} (fairness_drift.highest_loss)"] if lost else []
    if ratio.ratio < policy.lowest_ratio:
        limits.append(f"a ratio of {policy.lowest_ratio:g} (fairness_drift.lowest_ratio)")
    return f"beyond {' and '.join(limits)}"


def _describe_ratio(ratio: GroupRatio) -> str:
    return (
        f"{ratio.attribute} {ratio.group}: accepted {ratio.ratio:.2f} times as often as the most "
        f"accepted group, {ratio.reference_ratio:.2f} in the reference"
    )
