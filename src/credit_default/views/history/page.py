"""The history as one page: the time line first, then scores, drift, defaults, performance, and every finding in words."""

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.figure import Figure

from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)
from credit_default.views.figures.canvas import write_png
from credit_default.views.history.figures import (
    draw_defaults,
    draw_drift,
    draw_performance,
    draw_scores,
    draw_timeline,
)
from credit_default.views.history.values import History, HistoryBatch
from credit_default.views.history.vintage_tables import VintageRow, tabulate_vintages
from credit_default.views.summaries.summary import format_figure

_PICTURES: Final[tuple[tuple[str, Callable[..., Figure], str], ...]] = (
    (
        "Champions and alarms",
        draw_timeline,
        "One place a batch. Dotted lines in the pictures below: another champion.",
    ),
    ("Scores", draw_scores, "The default probabilities that the champion gave, batch by batch."),
    (
        "Drift",
        draw_drift,
        "How far each input, the score and the decision are from the champion's reference: 1 is the limit.",
    ),
    (
        "Defaults",
        draw_defaults,
        "Expected when a batch was scored, realised once outcomes were known.",
    ),
    (
        "Performance",
        draw_performance,
        "Ranking of the clients by the champion of the day, where outcomes are known.",
    ),
)
_VINTAGES: Final = (
    "Each statement month as each version scored it, all batches together, with 95 % intervals. Coverage is the share of "
    "the scored clients whose outcome is known; a month is mature when all of them should be."
)
_RAISED_LEVELS: Final = frozenset({"watch", "alarm", "refused"})


def describe_history(
    history: History,
    *,
    reasons: dict[tuple[str, str], tuple[str, ...]],
    vintages: Sequence[VintageRow] = (),
) -> Document:
    """The history as a document; `reasons` are those of the verdicts, by batch and gate."""
    first, last = history.batches[0].statement_month, history.batches[-1].statement_month
    span = first if first == last else f"{first} to {last}"
    return Document(
        "What the monitors saw",
        f"{len(history.batches)} batches, {span}; {_format_versions(history)}",
        (
            *(
                Section(title, _draw_section(history, title, draw, told))
                for title, draw, told in _PICTURES
            ),
            *(
                [Section("Vintages", (Paragraph(_VINTAGES), tabulate_vintages(vintages)))]
                if vintages
                else []
            ),
            Section("Findings", (_tabulate_batches(history), *_list_findings(history, reasons))),
        ),
        "SIMULATED DATA: no real client stands behind these figures." if history.simulated else "",
    )


def _draw_section(
    history: History, title: str, draw: Callable[..., Figure], told: str
) -> tuple[Block, ...]:
    subtitle = "simulated data" if history.simulated else ""
    return (
        Picture(
            f"{title.split(maxsplit=1)[0].lower()}.png",
            told,
            write_png(draw(history, subtitle=subtitle)),
        ),
    )


def _format_versions(history: History) -> str:
    versions = dict.fromkeys(batch.model_version for batch in history.batches)
    return ("version " if len(versions) == 1 else "versions ") + ", ".join(map(str, versions))


def _tabulate_batches(history: History) -> Table:
    heading = (
        "month",
        "batch",
        "loudest",
        "version",
        "rows",
        "score psi",
        "expected",
        "defaulted",
        "ROC AUC",
    )
    return Table(heading, tuple(_list_cells(batch) for batch in history.batches), first_figure=3)


def _list_cells(batch: HistoryBatch) -> tuple[str, ...]:
    loud = [f"{gate} {level}" for gate, level in batch.levels.items() if level in _RAISED_LEVELS]
    return (
        batch.statement_month,
        batch.batch_id[:8],
        ", ".join(loud) or "quiet",
        str(batch.model_version),
        f"{batch.row_count:,}",
        format_figure(batch.find("drift", "score_drift")),
        _format_share(batch.find("drift", "expected_default_share")),
        _format_share(batch.find("performance", "default_share")),
        format_figure(batch.find("performance", "roc_auc")),
    )


def _list_findings(
    history: History, reasons: dict[tuple[str, str], tuple[str, ...]]
) -> tuple[Block, ...]:
    told = [
        f"{batch.statement_month} {gate} {level}: {'; '.join(reasons.get((batch.batch_id, gate), ()))}"
        for batch in history.batches
        for gate, level in batch.levels.items()
        if level in _RAISED_LEVELS
    ]
    return (Bullets(tuple(told)),) if told else (Paragraph("No gate rang or asked for a look."),)


def _format_share(share: float) -> str:
    return "–" if share != share else f"{share:.1%}"  # noqa: PLR0124 - NaN is unlike itself
