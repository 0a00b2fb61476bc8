"""The monitoring history as one page: figures, vintages, and every finding in words.

Which gates and which of their figures are shown follows from their declarations in
`gates/monitoring/monitoring_gates`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isnan
from typing import Final

from matplotlib.figure import Figure

from credit_default.gates.monitoring.monitoring_gates import (
    ALARM_EFFECTS,
    MONITORING_GATES,
    HistoryColumn,
    MonitoringGate,
)
from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)
from credit_default.views.figures.canvas import render_png
from credit_default.views.history.outcome_figures import draw_defaults, draw_performance
from credit_default.views.history.score_figures import draw_drift, draw_scores
from credit_default.views.history.timeline_figure import draw_timeline
from credit_default.views.history.values import History, HistoryBatch
from credit_default.views.history.vintage_tables import VintageRow, build_vintage_table
from credit_default.views.summaries.summary import format_figure

_TIMELINE_CAPTION: Final = (
    "One column for each batch. Dotted lines in the figures below mark a change of champion."
)
_PICTURES: Final[tuple[tuple[str, Callable[..., Figure], str], ...]] = (
    ("Scores", draw_scores, "The default probabilities that the champion gave, batch by batch."),
    (
        "Drift",
        draw_drift,
        (
            "How far each input, the score and the decision are from the champion's reference: "
            "1 is the limit."
        ),
    ),
    (
        "Defaults",
        draw_defaults,
        "Expected when the batch was scored, and observed once outcomes were known.",
    ),
    (
        "Performance",
        draw_performance,
        (
            "How well the champion of that month ranked the clients, for batches whose outcomes "
            "are known."
        ),
    ),
)
_VINTAGES: Final = (
    "Each statement month as each version scored it, all batches together, with 95 % intervals. "
    "Coverage is the share of the scored clients whose outcome is known; a month is mature when "
    "all of its outcomes should be known."
)
_RAISED_LEVELS: Final = frozenset({"watch", "alarm", "refused"})


def describe_history(
    history: History,
    *,
    reasons: Mapping[tuple[str, str], tuple[str, ...]],
    vintages: Sequence[VintageRow] = (),
    gates: Sequence[MonitoringGate] = MONITORING_GATES,
) -> Document:
    """Build the history page as a document.

    Args:
        history: At least one batch.
        reasons: The reasons of the verdicts, by batch id and gate.
        vintages: The outcomes of each statement month; without any, the section is left out.
        gates: The declared gates, in the order in which they are shown.
    """
    first, last = history.batches[0].statement_month, history.batches[-1].statement_month
    months = first if first == last else f"{first} to {last}"
    draw: Callable[..., Figure] = partial(draw_timeline, gates=gates)
    timeline = ("Champions and alarms", draw, _TIMELINE_CAPTION)
    findings = (_tabulate_batches(history, gates), *_list_findings(history, reasons))
    return Document(
        "Monitoring history",
        f"{_count_batches(history)}, {months}; {_format_versions(history)}",
        (
            *(
                _build_picture_section(history, title, draw_figure, caption)
                for title, draw_figure, caption in (timeline, *_PICTURES)
            ),
            *_build_vintage_sections(vintages),
            Section("Findings", findings),
            Section("What each gate judges", (_tabulate_gates(history, gates),)),
        ),
        "SIMULATED DATA: no real client stands behind these figures." if history.simulated else "",
    )


def _build_picture_section(
    history: History, title: str, draw: Callable[..., Figure], caption: str
) -> Section:
    subtitle = "simulated data" if history.simulated else ""
    path = f"{title.split(maxsplit=1)[0].lower()}.png"
    return Section(title, (Picture(path, caption, render_png(draw(history, subtitle=subtitle))),))


def _build_vintage_sections(vintages: Sequence[VintageRow]) -> list[Section]:
    if not vintages:
        return []
    return [Section("Vintages", (Paragraph(_VINTAGES), build_vintage_table(vintages)))]


def _count_batches(history: History) -> str:
    count = len(history.batches)
    return "1 batch" if count == 1 else f"{count} batches"


def _format_versions(history: History) -> str:
    versions = dict.fromkeys(batch.model_version for batch in history.batches)
    return ("version " if len(versions) == 1 else "versions ") + ", ".join(map(str, versions))


def _tabulate_gates(history: History, gates: Sequence[MonitoringGate]) -> Table:
    """Return what each gate that judged a batch examines, and what follows from its alarm."""
    shown = history.list_gates(gates)
    rows = tuple(
        (gate.name, gate.question, ALARM_EFFECTS[gate.alarm_effect])
        for gate in gates
        if gate.name in shown
    )
    return Table(("gate", "question", "after an alarm"), rows, first_figure=9)


def _tabulate_batches(history: History, gates: Sequence[MonitoringGate]) -> Table:
    columns = [(gate.name, column) for gate in gates for column in gate.columns]
    heading = (
        "month",
        "batch",
        "raised",
        "version",
        "rows",
        *(column.heading for _, column in columns),
    )
    rows = tuple(_format_batch_cells(batch, columns) for batch in history.batches)
    return Table(heading, rows, first_figure=3)


def _format_batch_cells(
    batch: HistoryBatch, columns: Sequence[tuple[str, HistoryColumn]]
) -> tuple[str, ...]:
    raised = [f"{gate} {level}" for gate, level in batch.levels.items() if level in _RAISED_LEVELS]
    return (
        batch.statement_month,
        batch.batch_id[:8],
        ", ".join(raised) or "none",
        str(batch.model_version),
        f"{batch.row_count:,}",
        *(_format_column(batch.find_figure(gate, c.figure), c) for gate, c in columns),
    )


def _format_column(value: float, column: HistoryColumn) -> str:
    if column.is_share:
        return "–" if isnan(value) else f"{value:.1%}"
    return format_figure(value)


def _list_findings(
    history: History, reasons: Mapping[tuple[str, str], tuple[str, ...]]
) -> tuple[Block, ...]:
    findings = [
        f"{batch.statement_month} {gate} {level}: {'; '.join(reasons.get((batch.batch_id, gate), ()))}"
        for batch in history.batches
        for gate, level in batch.levels.items()
        if level in _RAISED_LEVELS
    ]
    if not findings:
        return (Paragraph("No gate raised an alarm or asked for a review."),)
    return (Bullets(tuple(findings)),)
