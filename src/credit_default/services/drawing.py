"""The pictures of a challenger on its test side, each under the name that its file gets."""

from matplotlib.figure import Figure

from credit_default.model.bundle import measure_feature_importance
from credit_default.services.origin import SIMULATED
from credit_default.services.training import Challenger
from credit_default.views import figures


def draw_challenger(challenger: Challenger) -> dict[str, Figure]:
    """ROC, precision-recall, calibration, score distribution, confusion, cost curve, feature importance.

    Pictures that need both outcomes are left out where the test side has one only.
    """
    bundle, evaluation = challenger.bundle, challenger.evaluation
    rows = (challenger.test_defaulted, challenger.test_probability)
    subtitle = f"{evaluation.row_count:,} clients that the model never saw, digest {bundle.digest[:8]}"
    if challenger.data_origin == SIMULATED:
        subtitle = f"SIMULATED data: {subtitle}"
    policy = bundle.decision_policy
    drawn = {
        "confusion": figures.draw_confusion(evaluation.confusion, threshold=policy.threshold, subtitle=subtitle),
        "importance": figures.draw_importance(measure_feature_importance(bundle), subtitle=subtitle),
    }
    if 0 < evaluation.default_count < evaluation.row_count:
        drawn |= {
            "roc": figures.draw_roc(*rows, subtitle=subtitle),
            "precision_recall": figures.draw_precision_recall(*rows, policy=policy, subtitle=subtitle),
            "calibration": figures.draw_calibration(*rows, subtitle=subtitle),
            "score_distribution": figures.draw_score_distribution(*rows, policy=policy, subtitle=subtitle),
            "cost": figures.draw_cost_curve(*rows, policy=policy, subtitle=subtitle),
        }
    return drawn
