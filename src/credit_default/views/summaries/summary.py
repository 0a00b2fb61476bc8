"""The summary of a command: one value, shown as a table or printed as one JSON object.

Every command and every flow run ends with a `Summary`. The fields are the keys of `--json`, so
renaming one changes the interface.
"""

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
LIGHT_STYLES = {"red": "bold red", "amber": "yellow", "green": "green", "for information": "dim"}

_SHOWN_MONTH_COUNT: Final = 6

# Names of figures of a scored batch: shares of its scored rows.
DECLINED_SHARE: Final = "declined share"
EXPECTED_DEFAULT_SHARE: Final = "expected default share"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a command or a flow run did.

    `counts` are numbers of rows, `months` the rows of a file by statement month, `figures` are
    measured values by name, `paths` say where to find what was written.
    """

    command: str
    status: str  # one or two words, read first
    exit_code: int = 0
    verdicts: tuple[Verdict, ...] = ()
    batch_id: str | None = None
    model_version: int | None = None
    run_id: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def find_verdict(self, gate: str) -> Verdict | None:
        """Return the verdict of this gate, or None where the gate did not run."""
        return next((verdict for verdict in self.verdicts if verdict.gate == gate), None)

    @property
    def declined_share(self) -> float:
        """Return the declined share (0-1) of a scored batch; NaN in any other summary."""
        return self.figures.get(DECLINED_SHARE, math.nan)

    @property
    def expected_default_share(self) -> float:
        """Return the mean default probability (0-1) of a scored batch; NaN in any other summary."""
        return self.figures.get(EXPECTED_DEFAULT_SHARE, math.nan)


def render_summary_json(summary: Summary) -> str:
    """Return the summary as one JSON object in ASCII.

    A figure that is not finite becomes null, since JSON has no other value for it. Names from files
    and cells are escaped, so that a terminal that shows the text executes nothing in it.
    """
    content = dataclasses.asdict(summary)
    content["verdicts"] = [_describe_verdict(verdict) for verdict in summary.verdicts]
    content["figures"] = _replace_non_finite(summary.figures)
    return json.dumps(content, ensure_ascii=True, allow_nan=False)


def summarise_error(command: str, error: CreditDefaultError) -> Summary:
    """Return the summary of a command that ended with an expected error; its message is a note."""
    status = "refused" if error.exit_code == 1 else "failed"
    return Summary(command=command, status=status, exit_code=error.exit_code, notes=(str(error),))


def render_summary(summary: Summary) -> RenderableType:
    """Return the summary for the terminal: status, verdicts with reasons, figures, paths, notes."""
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
    if summary.months:
        table.add_row("months", render_text(format_month_counts(summary.months)))
    for name, text in format_figures(summary.figures).items():
        table.add_row(render_text(name), render_text(text))
    # Below the table and never wrapped: a path or a command is meant to be copied.
    paths = [
        Text.assemble(
            (escape_unprintable(name), "bold"), f"  {escape_unprintable(path)}", no_wrap=True
        )
        for name, path in summary.paths.items()
    ]
    notes = [render_text(f"note: {note}", style="yellow") for note in summary.notes]
    return Group(table, *paths, *notes)


def render_text(text: str, *, style: str = "") -> Text:
    """Return the text literally: without markup, unprintable characters shown as escapes."""
    return Text(escape_unprintable(text), style=style)


def format_month_counts(counts: Mapping[str, int]) -> str:
    """Return each month with its number of rows; of many months the first and the last few."""
    texts = [
        f"{month} ({count:,} {'row' if count == 1 else 'rows'})" for month, count in counts.items()
    ]
    if len(texts) > _SHOWN_MONTH_COUNT:
        half = _SHOWN_MONTH_COUNT // 2
        texts = [*texts[:half], "…", *texts[-half:], f"{len(counts)} months in all"]
    return ", ".join(texts)


def format_figures(figures: Mapping[str, float]) -> dict[str, str]:
    """Return each figure as text; `x`, `x, low` and `x, high` become one value and its interval."""
    texts = {}
    for name, number in figures.items():
        if name.endswith((", low", ", high")):
            continue
        ends = [figures[f"{name}, {end}"] for end in ("low", "high") if f"{name}, {end}" in figures]
        interval = f"  ({' to '.join(format_figure(end) for end in ends)})" if ends else ""
        texts[name] = format_figure(number) + interval
    return texts


def render_verdict(verdict: Verdict) -> Text:
    """Return the verdict's level in its colour, followed by its reasons, one on each line."""
    text = Text(verdict.level, style=LEVEL_STYLES[verdict.level])
    text.append(
        "  " + "\n".join(map(escape_unprintable, verdict.reasons)), style="not bold default"
    )
    return text


def render_level(level: str) -> Text:
    """Return the level of a verdict, or a light, in its colour; a text that is neither has none."""
    return render_text(level, style=(LEVEL_STYLES | LIGHT_STYLES).get(level, ""))


def format_figure(number: float) -> str:
    """Return the figure with about four significant digits; `–` when it is not finite."""
    if not math.isfinite(number):
        return "–"
    if float(number).is_integer() and abs(number) >= 1:
        return f"{number:,.0f}"
    return f"{number:,.1f}" if abs(number) >= 100 else f"{number:.4f}"  # noqa: PLR2004 - decimals no longer matter


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
