"""Check that the challenger does not rank implausibly well: an input may leak the outcome."""

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_comparison import PairedComparison
from credit_default.gates.promotion.policy import PromotionPolicy


def check_plausible_gain(comparison: PairedComparison, policy: PromotionPolicy) -> Check:
    """Return a fault where the challenger ranks implausibly well, and an empty result otherwise."""
    difference = comparison.auc_difference
    # A champion below the floor of first models does not limit how large a plausible step can be.
    is_jump = (
        difference.gain > policy.largest_roc_auc_gain
        and difference.champion > policy.lowest_roc_auc
    )
    if difference.challenger < policy.highest_roc_auc and not is_jump:
        return Check("")
    return Check(
        "leak: look for an input that was not known on the day of the statement before "
        "overruling this",
        fault=(
            f"ROC AUC {difference.challenger:.4f} against {difference.champion:.4f} is too good "
            "to be true"
        ),
    )
