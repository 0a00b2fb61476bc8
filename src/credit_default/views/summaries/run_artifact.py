"""What the Prefect UI shows of a run: the verdict first, then its reasons, figures and where else to look."""

import re
from collections.abc import Mapping

from credit_default.errors import escape_unprintable
from credit_default.views.summaries.summary import Summary, format_figures

_ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>()#|!~&:@"})
_STARTS = re.compile(
    r"\A(=|[-+](?=[-+\s]|\Z)|[0-9]+(?=\.(?:\s|\Z)))"
)  # of lists, rules and underlined headings
_ADDRESS = re.compile(r"(?i)\bwww\.")  # becomes a link by itself


def write_summary_markdown(summary: Summary, *, simulated: bool) -> str:
    """The summary as markdown; text that came with the data cannot turn into markup."""
    lines = [f"# {summary.command}: {escape_markdown(summary.status)}"]
    if simulated:
        lines += ["", "**Simulated data**: no real client stands behind these figures."]
    for verdict in summary.verdicts:
        lines += ["", f"**{escape_markdown(verdict.gate)}: {verdict.level}**", ""]
        lines += [f"* {escape_markdown(reason)}" for reason in verdict.reasons]
    identity = {
        "batch_id": summary.batch_id,
        "model_version": summary.model_version,
        "MLflow run": summary.run_id,
    }
    lines += _write_table(
        "", {name: str(value) for name, value in identity.items() if value is not None}
    )
    lines += _write_table("Rows", {name: f"{count:,}" for name, count in summary.counts.items()})
    lines += _write_table("Figures", format_figures(summary.figures))
    lines += _write_table("Where to look", summary.paths)
    lines += [f"> {escape_markdown(note)}" for note in summary.notes]
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """The text with every character that markdown or HTML would act on made plain, on one line."""
    plain = escape_unprintable(" ".join(text.split())).translate(_ESCAPES)
    return _STARTS.sub(_escape_line_start, _ADDRESS.sub(r"www\.", plain))


def _escape_line_start(start: re.Match[str]) -> str:
    # As an entity it is the same character, and begins nothing.
    return f"&#{ord(start[1][0])};{start[1][1:]}"


def _write_table(title: str, rows: Mapping[str, str]) -> list[str]:
    if not rows:
        return []
    heading = ["", f"## {title}"] if title else []
    return [
        *heading,
        "",
        "| | |",
        "|---|---|",
        *(f"| {escape_markdown(n)} | {escape_markdown(v)} |" for n, v in rows.items()),
    ]
