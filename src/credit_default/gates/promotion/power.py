"""What could this many rows have shown? Without that, a tie says as much about the rows as about the models."""

from statistics import NormalDist

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.promotion.policy import PromotionPolicy


def measure_power(
    roc_auc: Gain, log_loss: Gain, *, row_count: int, policy: PromotionPolicy
) -> Check:
    """The smallest differences found with the policy's power at its confidence, and the rows that the AUC's margin needs.

    From the paired standard errors, which shrink with the root of the rows. Never a fault: it explains a verdict.
    """
    reach = NormalDist().inv_cdf((1 + policy.confidence) / 2) + NormalDist().inv_cdf(policy.power)
    shown, shown_loss = (reach * gain.standard_error for gain in (roc_auc, log_loss))
    figures = {"detectable_roc_auc": shown, "detectable_log_loss": shown_loss}
    if not shown:
        return Check(
            "power: both rank every client alike, so no number of rows would tell them apart",
            figures=figures,
        )
    needed = row_count * (shown / policy.roc_auc_margin) ** 2
    figures["rows_for_roc_auc_margin"] = needed
    return Check(
        f"power: {row_count:,} rows show {shown:.4f} in ROC AUC or {shown_loss:.4f} in log loss with a chance of "
        f"{policy.power:.0%}; a difference of {policy.roc_auc_margin:g} in AUC needs about {_round_to_two_digits(needed):,} paired rows",
        figures=figures,
    )


def _round_to_two_digits(count: float) -> int:
    """Two significant digits: more would claim to know the next contest's noise."""
    return int(float(f"{count:.2g}"))
