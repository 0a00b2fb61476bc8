"""Loosen the gates' policies by a factor: the drill must notice that gates with such limits catch too little."""

from dataclasses import replace
from typing import Final

from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.settings import Settings

# Limits of the feed gate that are shares: loosened, they end at 1.
_FEED_SHARES: Final = (
    "rejected_margin",
    "new_share",
    "repeat_margin",
    "stale_margin",
    "tail_margin",
    "twin_margin",
)
_OTHER_FEED_LIMITS: Final = (
    "mix_threshold",
    "highest_mix",
    "filled_margin",
    "highest_filled",
    "highest_scale",
)


def loosen_gates(settings: Settings, factor: float) -> Settings:
    """Return the settings with the limits of drift, feed and performance loosened by the factor."""
    return settings.model_copy(
        update={
            "drift": loosen_drift(settings.drift, factor),
            "feed": loosen_feed(settings.feed, factor),
            "performance": loosen_performance(settings.performance, factor),
        }
    )


def loosen_drift(policy: DriftPolicy, factor: float) -> DriftPolicy:
    """Return the policy with each limit multiplied by the factor."""
    return replace(
        policy,
        score_threshold=policy.score_threshold * factor,
        decision_threshold=policy.decision_threshold * factor,
        highest_drifted_share=policy.highest_drifted_share * factor,
        watched_share_move=policy.watched_share_move * factor,
        highest_share_move=policy.highest_share_move * factor,
    )


def loosen_feed(policy: FeedPolicy, factor: float) -> FeedPolicy:
    """Return the policy with each limit multiplied by the factor; shares end at 1."""
    shares = {name: min(1.0, getattr(policy, name) * factor) for name in _FEED_SHARES}
    others = {name: getattr(policy, name) * factor for name in _OTHER_FEED_LIMITS}
    return replace(policy, **shares, **others)


def loosen_performance(policy: PerformancePolicy, factor: float) -> PerformancePolicy:
    """Return the policy with a lower floor of the AUC, and each other limit multiplied by the factor."""
    return replace(
        policy,
        lowest_roc_auc=policy.lowest_roc_auc / factor,
        highest_roc_auc_loss=policy.highest_roc_auc_loss * factor,
        highest_calibration_error=policy.highest_calibration_error * factor,
        calibration_deviations=policy.calibration_deviations * factor,
    )
