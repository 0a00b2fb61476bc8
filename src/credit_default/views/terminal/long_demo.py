"""The page at the end of a long demonstration: month by month, who was champion, what rang and what was done."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from credit_default.gates.monitoring.recovery import DemoMonth, judge_recovery
from credit_default.gates.verdict import Level, Verdict
from credit_default.views.summaries.summary import LEVEL_STYLES, Summary, format_figure

_TEXT_COLUMNS = {"month", "drift", "performance", "what happened"}


@dataclass(frozen=True, slots=True)
class LongDemoMonth:
    """One month with its verdicts; `performance` came two months later, `trained` at its end, if at all."""

    statement_month: str
    changed: bool
    scored: Summary
    drift: Verdict
    performance: Verdict | None = None
    trained: Summary | None = None

    @property
    def season(self) -> DemoMonth:
        """The month as the gate `recovery` looks at it."""
        performance: Level = self.performance.level if self.performance else "not judged"
        version = self.scored.model_version or 0
        return DemoMonth(
            self.statement_month,
            version,
            self.changed,
            self.drift.level,
            performance,
            self.trained is not None,
        )


def render_long_demo(seasons: Sequence[LongDemoMonth]) -> Table:
    """One line a month: champion, drift, expected and realised defaults, AUC, the verdict and what was done."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in (
        "month",
        "v",
        "drift",
        "psi",
        "expected",
        "came",
        "AUC",
        "performance",
        "what happened",
    ):
        last = name == "what happened"
        table.add_column(
            name,
            justify="left" if name in _TEXT_COLUMNS else "right",
            no_wrap=not last,
            overflow="fold" if last else "ellipsis",
        )
    begun = next((lived.statement_month for lived in seasons if lived.changed), "")
    for lived in seasons:
        figures = lived.performance.figures if lived.performance else {}
        table.add_row(
            lived.statement_month,
            str(lived.scored.model_version),
            _render_level(lived.drift),
            format_figure(lived.drift.figures["score_drift"]),
            f"{lived.scored.expected_default_share:.1%}",
            f"{figures['default_share']:.1%}" if "default_share" in figures else "–",
            format_figure(figures.get("roc_auc", float("nan"))),
            _render_level(lived.performance) if lived.performance else Text("–"),
            _format_events(lived, begun=begun),
        )
    return table


def summarise_long_demo(
    training: Summary, seasons: Sequence[LongDemoMonth], *, story: str, paths: dict[str, str]
) -> Summary:
    """The summary of a long demonstration: how it ended, and where to look."""
    verdict = judge_recovery([lived.season for lived in seasons])
    return Summary(
        "demo",
        "mended" if verdict.level == "ok" else "not mended yet",
        verdicts=(verdict,),
        model_version=seasons[-1].scored.model_version,
        run_id=training.run_id,
        counts={
            "trained on": training.counts["accepted"],
            "scored": sum(s.scored.counts["scored"] for s in seasons),
        },
        paths=paths,
        notes=(story,),
    )


def _render_level(verdict: Verdict) -> Text:
    return Text(verdict.level, style=LEVEL_STYLES[verdict.level])


def _format_events(lived: LongDemoMonth, *, begun: str) -> str:
    told = ["the change begins"] if lived.statement_month == begun else []
    if (trained := lived.trained) is not None:
        told.append(f"v{trained.model_version} {trained.status}")
    return ", ".join(told)
