"""Draw the charts of a challenger on the rows that it is judged by, each under the name of its file."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from credit_default.model.estimator.bundle import measure_feature_importance
from credit_default.services.assessment.validation_study import Assessment
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.training.challenger import Challenger
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
    "confusion": "Decisions against outcomes",
    "importance": "The features that weigh most in the forest",
    "roc": "ROC curve",
    "precision_recall": "Precision and recall over all thresholds, with the threshold in force",
    "calibration": "Share that defaulted against the share predicted, in ten groups",
    "score_distribution": "Scores of clients who defaulted and of those who paid",
    "cost": "Cost per 1,000 clients over all thresholds",
    "fairness": "Acceptance ratio by group with its 95 % interval, and the four-fifths line",
    "sensitivity": "Cost per 1,000 clients at other ratios of costs",
    "capacity": "Defaulters caught, and precision, by how many clients can be reviewed",
}


def draw_challenger(
    challenger: Challenger, assessment: Assessment | None = None
) -> dict[str, Picture]:
    """Return the charts of a challenger as PNG, by name.

    These are ROC, precision-recall, calibration, score distribution, confusion, cost and importance,
    and where it was assessed, also cost sensitivity, capacity and fairness. Charts that need both
    outcomes are left out where the test side has only one.
    """
    subtitle = describe_test_side(challenger)
    figures = draw_figures(challenger, assessment, subtitle=subtitle)
    return {
        name: Picture(f"figures/{name}.png", _DESCRIPTIONS[name], render_png(figure))
        for name, figure in figures
    }


def describe_test_side(challenger: Challenger) -> str:
    """Return the charts' subtitle: the model's digest, the number of clients, and whether they are simulated."""
    clients = f"{challenger.evaluation.row_count:,} clients that the model never saw"
    if challenger.judged.out_of_fold:
        clients = challenger.judged.description
    described = f"{clients}, digest {challenger.bundle.digest[:8]}"
    return f"SIMULATED data: {described}" if challenger.data_origin == SIMULATED else described


def draw_figures(
    challenger: Challenger, assessment: Assessment | None, *, subtitle: str
) -> Iterator[tuple[str, Figure]]:
    """Yield each figure with its name; one is drawn when it is asked for."""
    bundle, evaluation = challenger.bundle, challenger.evaluation
    threshold = bundle.decision_policy.threshold
    confusion = evaluation.confusion
    yield "confusion", draw_confusion(confusion, threshold=threshold, subtitle=subtitle)
    yield "importance", draw_importance(measure_feature_importance(bundle), subtitle=subtitle)
    if not 0 < evaluation.default_count < evaluation.row_count:
        return
    yield from _draw_curves(challenger, subtitle=subtitle)
    if assessment is not None:
        yield "sensitivity", draw_cost_sensitivity(assessment.economics, subtitle=subtitle)
        yield "capacity", draw_capacity(assessment.economics, subtitle=subtitle)
        lowest = assessment.lowest_acceptance_ratio
        yield "fairness", draw_fairness(assessment.fairness, lowest_ratio=lowest, subtitle=subtitle)


def _draw_curves(challenger: Challenger, *, subtitle: str) -> Iterator[tuple[str, Figure]]:
    """Yield the figures that need clients with both outcomes."""
    rows = (challenger.judged.defaulted, challenger.judged.probability)
    policy = challenger.bundle.decision_policy
    yield "roc", draw_roc(*rows, subtitle=subtitle)
    yield "precision_recall", draw_precision_recall(*rows, policy=policy, subtitle=subtitle)
    yield "calibration", draw_calibration(*rows, subtitle=subtitle)
    yield "score_distribution", draw_score_distribution(*rows, policy=policy, subtitle=subtitle)
    yield "cost", draw_cost_curve(*rows, policy=policy, subtitle=subtitle)
