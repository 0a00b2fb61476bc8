"""The card's sections on the quality of the probabilities, from performance to sensitivity."""

from typing import Final

from credit_default.model.evaluation.metrics import METRIC_MEANINGS
from credit_default.model.evaluation.refit_stability import RefitStability
from credit_default.model.evaluation.sensitivity import InputSensitivity
from credit_default.views.card.evidence import BaselineFacts, CardEvidence
from credit_default.views.card.format_figures import (
    format_difference,
    format_interval,
    format_metric,
    format_score,
    format_share,
)
from credit_default.views.documents.document import Paragraph, Section, Table

_CALIBRATION_METRICS: Final = (
    "calibration_slope",
    "calibration_intercept",
    "ece",
    "brier",
    "log_loss",
)
_SHOWN_INPUTS: Final = 10
_CHANCE_ECE: Final = (
    "On so many rows right probabilities would show an ECE of about {:.4f} by chance alone. The "
    "interval is that of the true ECE: it reaches 0 where chance explains what was measured."
)
_STABILITY_TITLE: Final = "Stability over resampling"
_SLICES: Final = (
    "{} divided by characteristics that matter to credit risk. The figures of a small slice are "
    "uncertain: mind its number of rows."
)
_BASELINES: Final = (
    "Each baseline was fitted as the model was and scored the same clients. Gains are those of "
    "the model over the baseline, with paired 95 % intervals; above 0 the model is better."
)


def build_performance_section(evidence: CardEvidence) -> Section:
    """Return every metric with its interval on the judged rows, and pooled over folds if any."""
    evaluation, folds = evidence.evaluation, evidence.folds
    introduction = (
        f"{_describe_rows(evidence)}, {evaluation.default_count:,} of whom defaulted. "
        "Intervals are 95 %: Wilson's for shares of clients, by a bootstrap of the clients for the "
        "other figures. Chance lifts the KS distance, and its interval is corrected for that. "
        f"Decisions are made at the threshold in force, {evaluation.threshold:.4f}."
    )
    pooled = (
        f"Pooled folds: {evidence.folds_description}. They are less uncertain than one test side."
    )
    absent = tuple(
        Paragraph(f"{name} is left out: {reason}.") for name, reason in evaluation.absent.items()
    )
    return Section(
        "Performance",
        (
            Paragraph(introduction),
            *((Paragraph(pooled),) if folds else ()),
            _tabulate_performance(evidence),
            *absent,
            *evidence.find_pictures("roc", "precision_recall", "score_distribution", "confusion"),
        ),
    )


def build_calibration_section(evidence: CardEvidence) -> Section:
    """Return whether the probabilities are calibrated, and why they were recalibrated or not."""
    metrics = evidence.evaluation.metrics
    rows = tuple(
        (name.replace("_", " "), METRIC_MEANINGS[name], format_metric(name, metrics[name]))
        for name in _CALIBRATION_METRICS
        if name in metrics
    )
    return Section(
        "Calibration",
        (
            Paragraph(evidence.calibration_reason),
            Paragraph(_CHANCE_ECE.format(evidence.evaluation.chance_ece)),
            Table(("figure", "meaning", f"{evidence.judged_on} (95 %)"), rows, first_figure=2),
            *evidence.find_pictures("calibration"),
        ),
    )


def build_slices_section(evidence: CardEvidence) -> Section:
    """Return the same figures for parts of the portfolio, at the threshold in force."""
    rows = tuple(
        (
            f"{title}: {group.group}",
            f"{group.row_count:,}",
            format_share(group.default_share),
            format_share(group.mean_probability),
            format_share(group.decline_share),
            format_score(group.roc_auc),
        )
        for title, groups in evidence.slices.items()
        for group in groups
    )
    heading = ("slice", "rows", "defaulted", "predicted", "declined", "ROC AUC")
    divided = "The out-of-fold predictions" if evidence.is_out_of_fold else "The test side"
    return Section("Slices", (Paragraph(_SLICES.format(divided)), Table(heading, rows)))


def build_baselines_section(evidence: CardEvidence) -> Section:
    """Return by how much the model beats simpler models fitted on the same rows."""
    heading = ("baseline", "ROC AUC", "gain", "95 %", "log loss", "gain", "95 %")
    rows = tuple(_format_baseline(baseline) for baseline in evidence.baselines)
    return Section("Baselines", (Paragraph(_BASELINES), Table(heading, rows)))


def build_stability_section(evidence: CardEvidence) -> Section:
    """Return how much the model would differ if other clients had been drawn to learn from."""
    stability = evidence.stability
    if stability is None:
        return Section(
            _STABILITY_TITLE, (Paragraph("Not measured: the settings ask for no refit."),)
        )
    times = "once" if stability.refit_count == 1 else f"{stability.refit_count} times"
    introduction = (
        f"The recipe was refitted {times} with another seed, each time on "
        f"{evidence.refit_client_share:.0%} of the development clients, and scored the same test "
        "clients."
    )
    return Section(_STABILITY_TITLE, (Paragraph(introduction), _tabulate_stability(stability)))


def build_sensitivity_section(evidence: CardEvidence) -> Section:
    """Return what an error in one input would change; costs are in the section on decisions."""
    shown = evidence.sensitivity[:_SHOWN_INPUTS]
    introduction = (
        "Each input was changed by itself: amounts by a tenth, codes to the next higher one. "
        f"The {len(shown)} largest of {len(evidence.sensitivity)} effects on the probability:"
    )
    heading = ("input", "change", "mean effect", "mean absolute effect", "decisions that change")
    rows = tuple(_format_sensitivity(item) for item in shown)
    return Section("Sensitivity", (Paragraph(introduction), Table(heading, rows, first_figure=2)))


def _describe_rows(evidence: CardEvidence) -> str:
    """Return which rows the figures are of, with their number."""
    count = evidence.evaluation.row_count
    if not evidence.is_out_of_fold:
        return f"On the test side: {count:,} statements of clients that the model never saw"
    return (
        f"Out-of-fold predictions of {count:,} rows: too few for a test side of their own, so that "
        "each was scored by a model of the same recipe, calibrated as the recipe is, that was "
        "fitted on the other folds. The registered model itself was fitted on the development "
        "side. The rows are clients"
    )


def _tabulate_performance(evidence: CardEvidence) -> Table:
    metrics, folds = evidence.evaluation.metrics, evidence.folds
    heading = (
        "figure",
        "meaning",
        f"{evidence.judged_on} (95 %)",
        *(("pooled folds",) if folds else ()),
    )
    rows = tuple(
        (
            name.replace("_", " "),
            meaning,
            format_metric(name, metrics[name]),
            *((format_score(folds.get(name)),) if folds else ()),
        )
        for name, meaning in METRIC_MEANINGS.items()
        if name in metrics
    )
    return Table(heading, rows, first_figure=2)


def _format_baseline(baseline: BaselineFacts) -> tuple[str, ...]:
    return (
        baseline.name,
        format_score(baseline.metrics.get("roc_auc")),
        format_difference(baseline.roc_auc_gain),
        format_interval(baseline.roc_auc_gain_low, baseline.roc_auc_gain_high),
        format_score(baseline.metrics.get("log_loss")),
        format_difference(baseline.log_loss_gain),
        format_interval(baseline.log_loss_gain_low, baseline.log_loss_gain_high),
    )


def _tabulate_stability(stability: RefitStability) -> Table:
    roc_auc = format_interval(stability.lowest_roc_auc, stability.highest_roc_auc)
    rows = (
        ("ROC AUC of the refits", roc_auc),
        ("mean difference of a client's probability", format_share(stability.mean_difference)),
        ("95 % of the differences are below", format_share(stability.high_difference)),
        ("decisions that change", format_share(stability.changed_decision_share)),
    )
    return Table(("figure", "value"), rows)


def _format_sensitivity(item: InputSensitivity) -> tuple[str, ...]:
    return (
        item.column,
        item.nudge,
        f"{item.mean_change:+.2%}",
        f"{item.mean_difference:.2%}",
        format_share(item.changed_decision_share),
    )
