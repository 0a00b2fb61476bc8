"""Report what difference this many rows could have shown, so that a tie can be interpreted."""

from statistics import NormalDist

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.promotion.policy import PromotionPolicy


def measure_power(
    roc_auc: Gain,
    log_loss: Gain,
    *,
    row_count: int,
    policy: PromotionPolicy,
    confidence: float | None = None,
) -> Check:
    """Measure the smallest differences that these rows would have shown.

    Computed from the paired standard errors, which shrink with the square root of the number of
    rows, at the attempt's `confidence` (the policy's where it is not given) and the policy's power. The rows that the AUC's margin needs are given too.
    The result is never a fault: it helps to interpret a verdict.
    """
    confidence = policy.confidence if confidence is None else confidence
    deviations = NormalDist().inv_cdf((1 + confidence) / 2)
    deviations += NormalDist().inv_cdf(policy.power)
    detectable = deviations * roc_auc.standard_error
    detectable_loss = deviations * log_loss.standard_error
    figures = {"detectable_roc_auc": detectable, "detectable_log_loss": detectable_loss}
    if not detectable:
        return Check(
            "power: both models rank every client alike, so more rows would not separate them",
            figures=figures,
        )
    needed = row_count * (detectable / policy.roc_auc_margin) ** 2
    figures["rows_for_roc_auc_margin"] = needed
    return Check(
        f"power: {row_count:,} rows show {detectable:.4f} in ROC AUC or {detectable_loss:.4f} in "
        f"log loss with a chance of {policy.power:.0%}; a difference of "
        f"{policy.roc_auc_margin:g} in AUC needs about {_round_to_two_digits(needed):,} paired rows",
        figures=figures,
    )


def _round_to_two_digits(count: float) -> int:
    """Return the count with two significant digits: the noise is not known more precisely."""
    return int(float(f"{count:.2g}"))
