"""Render a summary as markdown: the artifact in the Prefect UI, and the verdict kept in MLflow.

The verdict comes first, then its reasons, the figures and where to look.
"""

import re
from collections.abc import Mapping

from credit_default.errors import escape_unprintable
from credit_default.views.summaries.summary import Summary, format_figures

_ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>()#|!~&:@"})
# What starts a list, a rule or an underlined heading.
_STARTS = re.compile(r"\A(=|[-+](?=[-+\s]|\Z)|[0-9]+(?=\.(?:\s|\Z)))")
_ADDRESS = re.compile(r"(?i)\bwww\.")  # turned into a link without any markup


def render_summary_markdown(summary: Summary, *, simulated: bool, room: str = "") -> str:
    """Return the summary as markdown.

    Args:
        summary: What the run did. Text that came with the data cannot turn into markup.
        simulated: Whether to state that no real client stands behind the figures.
        room: The address of the control room, to which the batch or the version is linked; "" where there is none.
    """
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
    known = {name: str(value) for name, value in identity.items() if value is not None}
    lines += _render_section("", known)
    lines += _render_section("Rows", {name: f"{count:,}" for name, count in summary.counts.items()})
    lines += _render_section("Figures", format_figures(summary.figures))
    lines += _render_section("Where to look", summary.paths)
    if link := build_room_link(room, summary.batch_id, summary.model_version):
        lines += ["", f"[In the control room]({link})"]
    lines += [f"> {escape_markdown(note)}" for note in summary.notes]
    return "\n".join(lines) + "\n"


def build_room_link(room: str, batch_id: str | None, model_version: int | None) -> str:
    """Return the address in the control room of the batch, or else of the version; "" where there is none."""
    if not room or (not batch_id and not model_version):
        return ""
    root = room.rstrip("/")
    if not batch_id:
        return f"{root}/models/{model_version}"
    return f"{root}/batches/{batch_id}" + (f"?version={model_version}" if model_version else "")


def escape_markdown(text: str) -> str:
    """Return the text on one line with every character escaped that markdown or HTML would act on."""
    plain = escape_unprintable(" ".join(text.split())).translate(_ESCAPES)
    return _STARTS.sub(_escape_line_start, _ADDRESS.sub(r"www\.", plain))


def _escape_line_start(start: re.Match[str]) -> str:
    # The entity is displayed as the same character, but starts no list, rule or heading.
    return f"&#{ord(start[1][0])};{start[1][1:]}"


def _render_section(title: str, rows: Mapping[str, str]) -> list[str]:
    """Return the lines of a two-column table under its heading; nothing for an empty table."""
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
