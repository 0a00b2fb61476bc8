"""The table and the summary of the long demo: champions, alarms and trainings by month."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from credit_default.gates.monitoring.recovery import RecoveryMonth, judge_recovery
from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.summary import Summary, format_figure, render_level
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("month"),
    Column("v", is_figure=True),
    Column("drift"),
    Column("psi", is_figure=True, rank=2),
    Column("expected", is_figure=True, rank=1),
    Column("actual", is_figure=True, rank=1),
    Column("AUC", is_figure=True, rank=1),
    Column("performance"),
)


@dataclass(frozen=True, slots=True)
class LongDemoMonth:
    """One month of the long demo with its verdicts."""

    statement_month: str  # YYYY-MM
    scenario_has_begun: bool
    scored: Summary
    drift: Verdict
    performance: Verdict | None = None  # given two months later; None until then
    trained: Summary | None = None  # of the training at the end of the month, if there was one

    @property
    def recovery_month(self) -> RecoveryMonth:
        """Return the month as the gate `recovery` judges it."""
        return RecoveryMonth(
            self.statement_month,
            self.scored.model_version or 0,
            self.scenario_has_begun,
            self.drift.level,
            self.performance.level if self.performance else "not judged",
            self.trained is not None,
        )


def render_long_demo(months: Sequence[LongDemoMonth]) -> FittedTable:
    """Return one line for each month: champion, drift, defaults, AUC, performance and events."""
    table = FittedTable(_COLUMNS, sentences="what happened", gap=1)
    first_month = next((month.statement_month for month in months if month.scenario_has_begun), "")
    for month in months:
        happened = _format_events(month, first_month=first_month)
        table.add_row(*_render_month_cells(month), sentences=(happened,))
    return table


def summarise_long_demo(
    training: Summary,
    months: Sequence[LongDemoMonth],
    *,
    data_description: str,
    paths: dict[str, str],
) -> Summary:
    """Return the summary of the long demo: whether the system recovered, and where to look.

    Args:
        training: The summary of the first training.
        months: The months in order, at least one.
        data_description: Where the clients come from, as a note.
        paths: Where the records are, by name.
    """
    verdict = judge_recovery([month.recovery_month for month in months])
    return Summary(
        "demo",
        "recovered" if verdict.level == "ok" else "not recovered yet",
        verdicts=(verdict,),
        model_version=months[-1].scored.model_version,
        run_id=training.run_id,
        counts={
            "trained on": training.counts["accepted"],
            "scored": sum(month.scored.counts["scored"] for month in months),
        },
        paths=paths,
        notes=(data_description,),
    )


def _render_month_cells(month: LongDemoMonth) -> list[str | Text]:
    figures = month.performance.figures if month.performance else {}
    return [
        month.statement_month,
        str(month.scored.model_version),
        render_level(month.drift.level),
        format_figure(month.drift.figures["score_drift"]),
        f"{month.scored.expected_default_share:.1%}",
        f"{figures['default_share']:.1%}" if "default_share" in figures else "–",
        format_figure(figures.get("roc_auc", float("nan"))),
        render_level(month.performance.level) if month.performance else Text("–"),
    ]


def _format_events(month: LongDemoMonth, *, first_month: str) -> str:
    events = ["the change begins"] if month.statement_month == first_month else []
    if month.trained is not None:
        events.append(f"v{month.trained.model_version} {month.trained.status}")
    return ", ".join(events)
