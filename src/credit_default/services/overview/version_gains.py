"""Gains of one version over another beside the gate's bounds: of a contest, as its verdict keeps them, or measured later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.version_verdict import read_version_attempt, rebuild_verdict
from credit_default.gates.promotion.attempts import find_attempt_confidence
from credit_default.gates.promotion.paired_gains import MEASURE_NAMES
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.comparison.version_difference import Difference

_SIDES: Final = {"": "rows of the contest", "test_": "test side"}  # by the prefix of its figures

_NO_COST: Final = 1.0  # of a champion that costs nothing, so that there is a unit


@dataclass(frozen=True, slots=True)
class ContestGain:
    """By how much the challenger was better than the champion, on one measure and one set of rows.

    `least` is the smallest gain that the gate counts as worth a change. Gains are positive where the
    challenger is better, whatever the measure.
    """

    measure: str
    side: str
    champion: float
    challenger: float
    gain: float
    low: float
    high: float
    least: float


@dataclass(frozen=True, slots=True)
class Contest:
    """The gains of one contest; the intervals of the rows that decided have this confidence, 0-1."""

    gains: tuple[ContestGain, ...]
    confidence: float


def read_contest(version: ModelVersion, policy: PromotionPolicy) -> Contest | None:
    """Return the contest that the version was judged by; None where it was compared with nobody.

    The bounds are those of today's settings.
    """
    verdict = rebuild_verdict(version.tags)
    if verdict is None:
        return None
    gains = tuple(
        gain
        for prefix, side in _SIDES.items()
        for gain in _read_side(verdict.figures, prefix, side, policy)
    )
    if not gains:
        return None
    attempt = read_version_attempt(version.tags)
    return Contest(gains, find_attempt_confidence(attempt, confidence=policy.confidence))


def list_gains(
    differences: Mapping[str, Difference], policy: PromotionPolicy, *, side: str
) -> tuple[ContestGain, ...]:
    """Return differences that were measured on known outcomes, the earlier version as champion.

    Args:
        differences: By measure, as `measure_differences` returns them.
        policy: The gate's bounds.
        side: What the rows are called.
    """
    return tuple(
        ContestGain(
            MEASURE_NAMES[measure],
            side,
            found.first,
            found.second,
            found.gain,
            found.low,
            found.high,
            _find_least_gain(measure, found.first, policy),
        )
        for measure, found in differences.items()
    )


def _read_side(
    figures: Mapping[str, float], prefix: str, side: str, policy: PromotionPolicy
) -> Iterator[ContestGain]:
    for measure, name in MEASURE_NAMES.items():
        names = (
            f"{prefix}champion_{measure}",
            f"{prefix}challenger_{measure}",
            f"{prefix}{measure}_gain",
            f"{prefix}{measure}_gain_low",
            f"{prefix}{measure}_gain_high",
        )
        if not set(names) <= figures.keys():
            continue
        champion, challenger, gain, low, high = (figures[one] for one in names)
        least = _find_least_gain(measure, champion, policy)
        yield ContestGain(name, side, champion, challenger, gain, low, high, least)


def _find_least_gain(measure: str, champion: float, policy: PromotionPolicy) -> float:
    return {
        "log_loss": policy.least_log_loss_gain,
        "brier": policy.least_brier_gain,
        "roc_auc": policy.least_roc_auc_gain,
        "cost_per_1000": policy.least_cost_gain_share * max(champion, _NO_COST),
    }[measure]
