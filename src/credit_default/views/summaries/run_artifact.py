"""What the Prefect UI shows of a run: the verdict first, then its reasons, figures and where else to look."""

import re
from collections.abc import Mapping

from credit_default.errors import show_plainly
from credit_default.views.summaries.summary import Summary, tell_figures

_ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>()#|!~&:@"})
_STARTS = re.compile(r"\A(=|[-+](?=[-+\s]|\Z)|[0-9]+(?=\.(?:\s|\Z)))")  # of lists, rules and underlined headings
_ADDRESS = re.compile(r"(?i)\bwww\.")  # becomes a link by itself


def write_markdown(summary: Summary, *, simulated: bool) -> str:
    """The summary as markdown; text that came with the data cannot turn into markup."""
    lines = [f"# {summary.command}: {escape(summary.status)}"]
    if simulated:
        lines += ["", "**Simulated data**: no real client stands behind these figures."]
    for verdict in summary.verdicts:
        lines += ["", f"**{escape(verdict.gate)}: {verdict.level}**", ""]
        lines += [f"* {escape(reason)}" for reason in verdict.reasons]
    identity = {"batch_id": summary.batch_id, "model_version": summary.model_version, "MLflow run": summary.run_id}
    lines += _table("", {name: str(value) for name, value in identity.items() if value is not None})
    lines += _table("Rows", {name: f"{count:,}" for name, count in summary.counts.items()})
    lines += _table("Figures", tell_figures(summary.figures))
    lines += _table("Where to look", summary.paths)
    lines += [f"> {escape(note)}" for note in summary.notes]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """The text with every character that markdown or HTML would act on made plain, on one line."""
    plain = show_plainly(" ".join(text.split())).translate(_ESCAPES)
    return _STARTS.sub(_escape_start, _ADDRESS.sub(r"www\.", plain))


def _escape_start(start: re.Match[str]) -> str:
    # As an entity it is the same character, and begins nothing.
    return f"&#{ord(start[1][0])};{start[1][1:]}"


def _table(title: str, rows: Mapping[str, str]) -> list[str]:
    if not rows:
        return []
    heading = ["", f"## {title}"] if title else []
    return [*heading, "", "| | |", "|---|---|", *(f"| {escape(n)} | {escape(v)} |" for n, v in rows.items())]
