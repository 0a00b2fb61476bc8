"""What a command has to say at its end: one value, shown as a table or printed as one JSON object."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from credit_default.errors import CreditDefaultError, escape_unprintable
from credit_default.gates.verdict import Verdict

LEVEL_STYLES = {
    "ok": "green",
    "watch": "yellow",
    "alarm": "bold red",
    "refused": "bold red",
    "not judged": "dim",
}


DECLINED_SHARE: Final = "declined share"  # figures of a scored batch, shares of its scored rows
EXPECTED_DEFAULT_SHARE: Final = "expected default share"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a command did. `status` is a word or two a person reads first; `counts` are rows; `paths` are where to look."""

    command: str
    status: str
    exit_code: int = 0
    verdicts: tuple[Verdict, ...] = ()
    batch_id: str | None = None
    model_version: int | None = None
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def find_verdict(self, gate: str) -> Verdict | None:
        """What this gate said, or None where it was not asked."""
        return next((verdict for verdict in self.verdicts if verdict.gate == gate), None)

    @property
    def declined_share(self) -> float:
        """The share of a scored batch that is declined, 0-1; NaN in the summary of anything else."""
        return self.figures.get(DECLINED_SHARE, math.nan)

    @property
    def expected_default_share(self) -> float:
        """The mean default probability of a scored batch, 0-1; NaN in the summary of anything else."""
        return self.figures.get(EXPECTED_DEFAULT_SHARE, math.nan)


def write_json(summary: Summary) -> str:
    """The summary as one JSON object; a figure that is not a finite number becomes null, as JSON has no other word.

    It is ASCII: what a file name or a cell holds is all there, as JSON's escapes, and a terminal that shows it obeys none.
    """
    content = dataclasses.asdict(summary)
    content["verdicts"] = [_describe_verdict(verdict) for verdict in summary.verdicts]
    content["figures"] = _replace_non_finite(summary.figures)
    return json.dumps(content, ensure_ascii=True, allow_nan=False)


def summarise_error(command: str, error: CreditDefaultError) -> Summary:
    """The summary of a command that ended with an expected error; its one note is the message."""
    status = "refused" if error.exit_code == 1 else "failed"
    return Summary(command=command, status=status, exit_code=error.exit_code, notes=(str(error),))


def render_summary(summary: Summary) -> RenderableType:
    """The summary as a person reads it in a terminal: what happened, the verdicts and their reasons, figures, paths."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(summary.command, render_text(summary.status, style="bold"))
    for verdict in summary.verdicts:
        table.add_row(verdict.gate, render_verdict(verdict))
    for name, value in _list_identifiers(summary).items():
        table.add_row(name, render_text(value))
    if summary.counts:
        table.add_row(
            "rows",
            render_text(", ".join(f"{value:,} {name}" for name, value in summary.counts.items())),
        )
    for name, text in format_figures(summary.figures).items():
        table.add_row(render_text(name), render_text(text))
    # Below the table and never folded: a path or a command is there to be copied.
    paths = [
        Text.assemble(
            (escape_unprintable(name), "bold"), f"  {escape_unprintable(path)}", no_wrap=True
        )
        for name, path in summary.paths.items()
    ]
    notes = [render_text(f"note: {note}", style="yellow") for note in summary.notes]
    return Group(table, *paths, *notes)


def render_text(text: str, *, style: str = "") -> Text:
    """The text as it is for a terminal: nothing in it is markup, and what does not print stands as an escape."""
    return Text(escape_unprintable(text), style=style)


def format_figures(figures: Mapping[str, float]) -> dict[str, str]:
    """Each figure as text; `x`, `x, low` and `x, high` become one: the value and its interval."""
    told = {}
    for name, number in figures.items():
        if name.endswith((", low", ", high")):
            continue
        ends = [figures[f"{name}, {end}"] for end in ("low", "high") if f"{name}, {end}" in figures]
        interval = f"  ({' to '.join(format_figure(end) for end in ends)})" if ends else ""
        told[name] = format_figure(number) + interval
    return told


def render_verdict(verdict: Verdict) -> Text:
    """The verdict's level in its colour, then its reasons, a line each."""
    text = Text(verdict.level, style=LEVEL_STYLES[verdict.level])
    text.append(
        "  " + "\n".join(map(escape_unprintable, verdict.reasons)), style="not bold default"
    )
    return text


def format_figure(number: float) -> str:
    """A figure in four significant digits, with thousands set apart; `–` when it is not a finite number."""
    if not math.isfinite(number):
        return "–"
    if float(number).is_integer() and abs(number) >= 1:
        return f"{number:,.0f}"
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4f}"  # noqa: PLR2004 - where decimals stop to matter


def _list_identifiers(summary: Summary) -> dict[str, str]:
    parts = {
        "batch": summary.batch_id,
        "model version": summary.model_version,
        "run": summary.run_id,
    }
    return {name: str(value) for name, value in parts.items() if value is not None}


def _describe_verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate,
        "level": verdict.level,
        "reasons": list(verdict.reasons),
        "figures": _replace_non_finite(verdict.figures),
    }


def _replace_non_finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
