"""The pictures of a challenger on its test side, each under the name that its file gets."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from credit_default.model.estimator.bundle import measure_feature_importance
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.validation_study import Assessment
from credit_default.views.documents.document import Picture
from credit_default.views.figures.calibration_figures import (
    draw_calibration,
    draw_score_distribution,
)
from credit_default.views.figures.canvas import render_png
from credit_default.views.figures.cost_figures import draw_capacity, draw_cost_sensitivity
from credit_default.views.figures.decision_figures import draw_confusion, draw_cost_curve
from credit_default.views.figures.fairness_figure import draw_fairness
from credit_default.views.figures.importance_figure import draw_importance
from credit_default.views.figures.ranking_figures import draw_precision_recall, draw_roc

_DESCRIPTIONS = {
    "confusion": "What was decided against what came",
    "importance": "Which features weigh most in the forest",
    "roc": "ROC curve on the test side",
    "precision_recall": "Precision and recall over all thresholds, and where the threshold stands",
    "calibration": "Share that defaulted against share predicted, in ten groups",
    "score_distribution": "Scores of clients who defaulted and of those who paid",
    "cost": "Cost per 1,000 clients over all thresholds",
    "fairness": "Acceptance ratio by group with its 95 % interval, and the four-fifths line",
    "sensitivity": "Cost per 1,000 clients at other ratios of costs",
    "capacity": "Defaulters caught and precision by how many clients can be looked at",
}


def draw_challenger(
    challenger: Challenger, assessment: Assessment | None = None
) -> dict[str, Picture]:
    """ROC, precision-recall, calibration, score distribution, confusion, cost, importance; fairness where it was assessed.

    Pictures that need both outcomes are left out where the test side has one only.
    """
    subtitle = describe_test_side(challenger)
    return {
        name: Picture(f"figures/{name}.png", _DESCRIPTIONS[name], render_png(figure))
        for name, figure in draw_figures(challenger, assessment, subtitle=subtitle)
    }


def describe_test_side(challenger: Challenger) -> str:
    """Which model the pictures are of and on how many clients, and that these are simulated where they are."""
    told = f"{challenger.evaluation.row_count:,} clients that the model never saw, digest {challenger.bundle.digest[:8]}"
    return f"SIMULATED data: {told}" if challenger.data_origin == SIMULATED else told


def draw_figures(
    challenger: Challenger, assessment: Assessment | None, *, subtitle: str
) -> Iterator[tuple[str, Figure]]:
    """Each figure by its name, drawn as it is asked for."""
    bundle, evaluation = challenger.bundle, challenger.evaluation
    rows, policy = (challenger.test_defaulted, challenger.test_probability), bundle.decision_policy
    yield (
        "confusion",
        draw_confusion(evaluation.confusion, threshold=policy.threshold, subtitle=subtitle),
    )
    yield (
        "importance",
        draw_importance(measure_feature_importance(bundle), subtitle=subtitle),
    )
    if not 0 < evaluation.default_count < evaluation.row_count:
        return
    yield "roc", draw_roc(*rows, subtitle=subtitle)
    yield (
        "precision_recall",
        draw_precision_recall(*rows, policy=policy, subtitle=subtitle),
    )
    yield "calibration", draw_calibration(*rows, subtitle=subtitle)
    yield (
        "score_distribution",
        draw_score_distribution(*rows, policy=policy, subtitle=subtitle),
    )
    yield "cost", draw_cost_curve(*rows, policy=policy, subtitle=subtitle)
    if assessment is not None:
        yield "sensitivity", draw_cost_sensitivity(assessment.economics, subtitle=subtitle)
        yield "capacity", draw_capacity(assessment.economics, subtitle=subtitle)
        lowest = assessment.lowest_acceptance_ratio
        yield "fairness", draw_fairness(assessment.fairness, lowest_ratio=lowest, subtitle=subtitle)
