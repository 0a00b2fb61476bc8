"""The card on how good the probabilities are: performance, calibration, slices, rivals, stability, sensitivity."""

from collections.abc import Iterator
from typing import Final

from credit_default.model.evaluation.metrics import METRIC_MEANINGS
from credit_default.model.evaluation.sensitivity import InputSensitivity
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import (
    format_difference,
    format_interval,
    format_metric,
    format_score,
    format_share,
)
from credit_default.views.documents.document import Block, Paragraph, Section, Table

_CALIBRATION_METRICS: Final = (
    "calibration_slope",
    "calibration_intercept",
    "ece",
    "brier",
    "log_loss",
)
_SHOWN_INPUTS: Final = 10


def build_performance_section(evidence: CardEvidence) -> Section:
    """Every metric with its interval on the test side, and pooled over folds where the recipe was cross-validated."""
    evaluation, folds = evidence.evaluation, evidence.folds
    told = (
        f"On the test side: {evaluation.row_count:,} statements of clients that the model never saw, "
        f"{evaluation.default_count:,} of whom defaulted. Intervals are 95 %, by a bootstrap stratified by outcome; "
        f"decisions are made at the threshold in force, {evaluation.threshold:.4f}."
    )
    heading = ("figure", "meaning", "test side (95 %)", *(("pooled folds",) if folds else ()))
    rows = tuple(
        (
            name.replace("_", " "),
            meaning,
            format_metric(name, evaluation.metrics[name]),
            *((format_score(folds.get(name)),) if folds else ()),
        )
        for name, meaning in METRIC_MEANINGS.items()
        if name in evaluation.metrics
    )
    absent = tuple(
        Paragraph(f"{name} is absent: {reason}.") for name, reason in evaluation.absent.items()
    )
    pooled = Paragraph(
        f"Pooled folds: {evidence.folds_told}. They carry less noise than one test side."
    )
    return Section(
        "Performance",
        (
            Paragraph(told),
            *((pooled,) if folds else ()),
            Table(heading, rows, first_figure=2),
            *absent,
            *evidence.find_pictures("roc", "precision_recall", "score_distribution", "confusion"),
        ),
    )


def build_calibration_section(evidence: CardEvidence) -> Section:
    """Whether a probability means what it says, and whether it was recalibrated and on what evidence."""
    metrics = evidence.evaluation.metrics
    rows = tuple(
        (name.replace("_", " "), METRIC_MEANINGS[name], format_metric(name, metrics[name]))
        for name in _CALIBRATION_METRICS
        if name in metrics
    )
    blocks: tuple[Block, ...] = (
        Paragraph(evidence.calibration_reason),
        Table(("figure", "meaning", "test side (95 %)"), rows, first_figure=2),
    )
    return Section("Calibration", (*blocks, *evidence.find_pictures("calibration")))


def build_slices_section(evidence: CardEvidence) -> Section:
    """The same figures for parts of the portfolio that matter to credit, at the threshold in force."""
    told = "Parts of the test side by what the model looks at. A small part carries much noise: look at its rows."
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
    return Section("Slices", (Paragraph(told), Table(heading, rows)))


def build_baselines_section(evidence: CardEvidence) -> Section:
    """By how much the model beats what is simpler, fitted on the same rows and judged on the same clients."""
    told = (
        "Each rival was fitted on the development side and scored the same test clients. Gains are the model's over the "
        "rival's, with paired 95 % intervals; above 0 the model is better."
    )
    rows = tuple(
        (
            rival.name,
            format_score(rival.metrics.get("roc_auc")),
            format_difference(rival.roc_auc_gain),
            format_interval(rival.roc_auc_gain_low, rival.roc_auc_gain_high),
            format_score(rival.metrics.get("log_loss")),
            format_difference(rival.log_loss_gain),
            format_interval(rival.log_loss_gain_low, rival.log_loss_gain_high),
        )
        for rival in evidence.rivals
    )
    heading = ("rival", "ROC AUC", "gain", "95 %", "log loss", "gain", "95 %")
    return Section("Rivals", (Paragraph(told), Table(heading, rows)))


def build_stability_section(evidence: CardEvidence) -> Section:
    """How far the model would have been from itself with other clients to learn from."""
    stability = evidence.stability
    if stability is None:
        return Section(
            "Stability over resampling",
            (Paragraph("Not measured: the settings ask for no refit."),),
        )
    told = (
        f"The recipe was fitted {stability.refit_count} more times, each on {evidence.refit_client_share:.0%} of the "
        "development clients and by another seed, and scored the same test clients."
    )
    rows = (
        (
            "ROC AUC of the refits",
            format_interval(stability.lowest_roc_auc, stability.highest_roc_auc),
        ),
        ("mean difference of a client's probability", format_share(stability.mean_difference)),
        ("95 % of the differences are below", format_share(stability.high_difference)),
        ("decisions that turn", format_share(stability.changed_decision_share)),
    )
    return Section("Stability over resampling", (Paragraph(told), Table(("figure", "value"), rows)))


def build_sensitivity_section(evidence: CardEvidence) -> Section:
    """What an error in one input would do, and what the costs' ratio does to the threshold is told under decisions."""
    shown = evidence.sensitivity[:_SHOWN_INPUTS]
    told = (
        "Each input was nudged by itself: amounts by a tenth, codes to the next higher one. "
        f"The {len(shown)} largest of {len(evidence.sensitivity)} effects on the probability:"
    )
    heading = ("input", "nudge", "mean change", "without sign", "decisions that turn")
    return Section(
        "Sensitivity",
        (Paragraph(told), Table(heading, tuple(_format_sensitivity_rows(shown)), first_figure=2)),
    )


def _format_sensitivity_rows(shown: tuple[InputSensitivity, ...]) -> Iterator[tuple[str, ...]]:
    for item in shown:
        change = f"{item.mean_change:+.2%}"
        yield (
            item.column,
            item.nudge,
            change,
            f"{item.mean_difference:.2%}",
            format_share(item.changed_decision_share),
        )
