"""The table and the summary at the end of `credit-default demo`: six months at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from credit_default.gates.monitoring.monitoring_gates import PERFORMANCE
from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.summary import Summary, format_figure, render_level
from credit_default.views.tables.fitted_table import Column, FittedTable

_TITLE = (
    "six months of production: drift is judged at once, "
    "the verdict on performance when outcomes are known"
)
_COLUMNS = (
    Column("month"),
    Column("rows", is_figure=True, rank=3),
    Column("planted", rank=1),
    Column("drift"),
    Column("psi", is_figure=True, rank=2),
    Column("declined", is_figure=True, rank=2),
    Column("expected", is_figure=True),
    Column("defaulted", is_figure=True),
    Column("AUC", is_figure=True, rank=1),
    Column("verdict"),
)


@dataclass(frozen=True, slots=True)
class DemoMonthResult:
    """One month of the demo: whether drift was planted, and the summaries of its three acts."""

    statement_month: str  # YYYY-MM
    drifted: bool
    scored: Summary  # of `predict`
    monitored: Summary  # of `monitor`, before outcomes were known
    judged: Summary  # of `monitor`, after outcomes were known

    @property
    def drift(self) -> Verdict:
        """Return the verdict on drift, given before any outcome was known."""
        return self.monitored.verdicts[0]

    @property
    def performance(self) -> Verdict:
        """Return the verdict on performance, given once outcomes were known."""
        performance = self.judged.find_verdict(PERFORMANCE.name)
        assert performance is not None  # a run that only judges performance always gives it
        return performance


def render_demo(months: Sequence[DemoMonthResult]) -> FittedTable:
    """Return one line for each month: rows, drift, expected and observed defaults, AUC, performance."""
    table = FittedTable(_COLUMNS, title=_TITLE, gap=1)
    for month in months:
        performance = month.performance.figures
        table.add_row(
            month.statement_month,
            f"{month.scored.counts['scored']:,}",
            "drift" if month.drifted else "–",
            render_level(month.drift.level),
            format_figure(month.drift.figures["score_drift"]),
            f"{month.scored.declined_share:.1%}",
            f"{month.scored.expected_default_share:.1%}",
            f"{performance.get('default_share', float('nan')):.1%}",
            format_figure(performance.get("roc_auc", float("nan"))),
            render_level(month.performance.level),
        )
    return table


def summarise_demo(
    training: Summary,
    retraining: Summary,
    months: Sequence[DemoMonthResult],
    *,
    paths: Mapping[str, str],
    notes: tuple[str, ...],
    listed: bool,
) -> Summary:
    """Return the summary of the demo: both trainings' verdicts, the drift alarms, and where to look.

    Args:
        training: The summary of the first training.
        retraining: The summary of the training at the end.
        months: The months in order, at least one.
        paths: Where to look.
        notes: Notes to add after the training's own.
        listed: Whether all reasons of the verdicts are given, not the first alone.
    """
    alarmed = [month.statement_month for month in months if month.drift.level == "alarm"]
    figures = {
        name: value
        for name, value in training.figures.items()
        if name.startswith(("roc_auc", "brier"))
    }
    verdicts: tuple[Verdict, ...] = (training.verdicts[-1], retraining.verdicts[-1])
    if not listed:
        verdicts = tuple(replace(verdict, reasons=verdict.reasons[:1]) for verdict in verdicts)
    return Summary(
        "demo",
        f"drift alarm in {', '.join(alarmed)}" if alarmed else "no drift alarm",
        verdicts=verdicts,
        model_version=training.model_version,
        run_id=training.run_id,
        counts={
            "trained on": training.counts["accepted"],
            "scored": sum(month.scored.counts["scored"] for month in months),
        },
        figures=figures,
        paths=paths,
        notes=tuple(dict.fromkeys((*training.notes, *notes))),
    )
