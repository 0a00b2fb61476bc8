"""The page at the end of a demonstration: six months at a glance, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.summary import LEVEL_STYLES, Summary, format_figure

_TITLE = "six months of production: drift is judged at once, the verdict on performance when outcomes are known"
_TEXT_COLUMNS = {"month", "planted", "drift", "verdict"}


@dataclass(frozen=True, slots=True)
class DemoMonthResult:
    """One month: what was planted, and what scoring, monitoring and judging came to."""

    statement_month: str
    drifted: bool
    scored: Summary
    monitored: Summary
    judged: Summary

    @property
    def drift(self) -> Verdict:
        """The verdict on drift, given before any outcome was known."""
        return self.monitored.verdicts[0]

    @property
    def performance(self) -> Verdict:
        """The verdict on performance, once outcomes were known."""
        performance = self.judged.find_verdict("performance")
        assert performance is not None  # a run in which nothing else was asked gives it always
        return performance


def render_demo(months: Sequence[DemoMonthResult]) -> Table:
    """One line a month: rows, drift before outcomes, expected and realised defaults, AUC, performance after."""
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
        title=_TITLE,
        title_justify="left",
    )
    for name in (
        "month",
        "rows",
        "planted",
        "drift",
        "psi",
        "declined",
        "expected",
        "defaulted",
        "AUC",
        "verdict",
    ):
        table.add_column(name, justify="left" if name in _TEXT_COLUMNS else "right", no_wrap=True)
    for month in months:
        performance = month.performance.figures
        table.add_row(
            month.statement_month,
            f"{month.scored.counts['scored']:,}",
            "drift" if month.drifted else "–",
            _render_level(month.drift),
            format_figure(month.drift.figures["score_drift"]),
            f"{month.scored.declined_share:.1%}",
            f"{month.scored.expected_default_share:.1%}",
            f"{performance.get('default_share', float('nan')):.1%}",
            format_figure(performance.get("roc_auc", float("nan"))),
            _render_level(month.performance),
        )
    return table


def summarise_demo(
    training: Summary,
    retraining: Summary,
    months: Sequence[DemoMonthResult],
    *,
    lake: str,
    notes: tuple[str, ...],
) -> Summary:
    """The demonstration's summary: both trainings' verdicts, what rang, and the commands that open each place."""
    rang = [month.statement_month for month in months if month.drift.level == "alarm"]
    figures = {
        name: value
        for name, value in training.figures.items()
        if name.startswith(("roc_auc", "brier"))
    }
    report = months[-1].judged.paths.get("report (html)", "")
    return Summary(
        "demo",
        f"drift alarm in {', '.join(rang)}" if rang else "no drift alarm",
        verdicts=(training.verdicts[-1], retraining.verdicts[-1]),
        model_version=training.model_version,
        run_id=training.run_id,
        counts={
            "trained on": training.counts["accepted"],
            "scored": sum(m.scored.counts["scored"] for m in months),
        },
        figures=figures,
        paths={
            "MLflow UI": f".venv/bin/mlflow ui --backend-store-uri sqlite:///{lake}/mlflow.db",
            "reports": report,
            "scores": f"{lake}/tables/scores (Delta; polars.read_delta reads it)",
            "history": f".venv/bin/credit-default monitor --history --lake {lake}",
        },
        notes=tuple(dict.fromkeys((*training.notes, *notes))),
    )


def _render_level(verdict: Verdict) -> Text:
    return Text(verdict.level, style=LEVEL_STYLES[verdict.level])
