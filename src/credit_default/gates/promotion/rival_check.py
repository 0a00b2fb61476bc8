"""Check whether a simple rival ranks better than the model: it is no objection, but people must hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.promotion.policy import PromotionPolicy


@dataclass(frozen=True, slots=True)
class RivalGain:
    """A simple rival of the model on the same unseen rows."""

    name: str
    gain: Gain  # the model's in ROC AUC over the rival; below 0 the rival is better
    family: str = ""  # the `recipe.family` that would train it; "" where there is none


def check_rivals(
    rivals: Sequence[RivalGain], *, family: str, policy: PromotionPolicy | None = None
) -> Check:
    """Check the model against every rival.

    Args:
        rivals: The rivals, with 95 % intervals.
        family: The family of the model itself.
        policy: The gate's numbers; the defaults when not given.

    Returns:
        A result to watch where a rival ranks better by enough to be worth a change and beyond
        noise, corrected for their number (Bonferroni).
    """
    policy = policy or PromotionPolicy()
    confidence = 1 - (1 - policy.objection_confidence) / max(1, len(rivals))
    better = [
        rival
        for rival in rivals
        if rival.gain.is_worse(confidence=confidence)
        and -rival.gain.gain >= policy.least_roc_auc_gain
    ]
    if not better:
        return Check("")
    best = max(better, key=lambda rival: rival.gain.champion)
    others = [rival.name for rival in better if rival is not best]
    also = f"; {' and '.join(others)} too" if others else ""
    return Check(
        f"a simple rival ranks better: {best.name}, {_describe_lead(best.gain)}{also}; "
        f"{_advise(best, family)}",
        watch=f"{best.name} ranks better",
        figures={"rival_roc_auc": best.gain.champion, "rival_roc_auc_lead": -best.gain.gain},
    )


def _describe_lead(gain: Gain) -> str:
    return (
        f"ROC AUC {gain.champion:.4f} against {gain.challenger:.4f}, by {-gain.gain:.4f} "
        f"(95 %: {-gain.high:+.4f} to {-gain.low:+.4f})"
    )


def _advise(rival: RivalGain, family: str) -> str:
    if rival.family and rival.family != family:
        return f'train with recipe.family = "{rival.family}"'
    return "search for a recipe that suits these rows with `credit-default tune`"
