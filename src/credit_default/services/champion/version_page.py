"""Write the description of a version's page in MLflow: what it is for, whether it scores, the verdict, figures, card, control room.

It follows from what the registry keeps of the version, so that writing it again changes nothing.
"""

from collections.abc import Iterator, Mapping

from credit_default.adapters.mlflow.logged_model import describe_version
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.version_verdict import rebuild_verdict
from credit_default.adapters.tables.ledger import read_entries
from credit_default.gates.ledger.version_events import Promoted, RolledBack
from credit_default.services.context.wiring import Wiring
from credit_default.views.card.format_figures import format_moment
from credit_default.views.summaries.run_artifact import build_room_link, escape_markdown
from credit_default.views.summaries.summary import format_figures


def write_version_page(wiring: Wiring, number: int) -> None:
    """Write the description of the version's page, unless it says the same already.

    Raises:
        InputError: There is no such version.
        ServiceError: MLflow does not answer.
    """
    _write(wiring, wiring.registry.find_version(number))


def write_champion_pages(wiring: Wiring) -> None:
    """Write the pages of the champion and of the version that it replaced last, unless they say the same already.

    Raises:
        ServiceError: MLflow does not answer.
    """
    changes = read_entries(wiring.lake, events=(Promoted.name, RolledBack.name))
    last = {entry.model_version for entry in changes[-2:]}
    for version in wiring.registry.list_versions():
        if version.is_champion or version.number in last:
            _write(wiring, version)


def _write(wiring: Wiring, version: ModelVersion) -> None:
    text = describe_version_page(
        version, used_for=wiring.schema.words.used_for, room=wiring.settings.room.address
    )
    describe_version(wiring.tracking, version, text)


def describe_version_page(version: ModelVersion, *, used_for: str, room: str = "") -> str:
    """Return the description as markdown; text that came with the data cannot turn into markup.

    Args:
        version: The version with its tags.
        used_for: What the portfolio's models are for: part of a sentence.
        room: The address of the control room; "" where there is none.
    """
    return "\n".join(_list_lines(version, used_for=used_for, room=room)) + "\n"


def _list_lines(version: ModelVersion, *, used_for: str, room: str) -> Iterator[str]:
    yield f"The probability that a client defaults, for a risk team that {escape_markdown(used_for)}."
    if version.tags.get("data_origin") == "simulated":
        yield "\n**Simulated data**: no real client stands behind these figures."
    if state := _describe_state(version):
        yield f"\n{state}"
    verdict = rebuild_verdict(version.tags)
    if verdict is None:
        yield "\nNo gate has judged it yet."
    else:
        yield f"\n**{escape_markdown(verdict.gate)}: {escape_markdown(verdict.level)}**\n"
        yield from (f"* {escape_markdown(reason)}" for reason in verdict.reasons)
        yield from _tabulate(format_figures(verdict.figures))
    yield f"\nTrained {escape_markdown(format_moment(version.trained_at))}, digest {escape_markdown(version.digest[:12])}."
    yield "Its model card is among the artifacts of its run, in the folder card."
    if link := build_room_link(room, None, version.number):
        yield f"\n[In the control room]({link})"


def _describe_state(version: ModelVersion) -> str:
    """Return whether the version scores, or did; "" of one that never did."""
    tags = version.tags
    if version.is_champion:
        return "**Champion**: batches are scored by this version."
    if rolled_back_at := tags.get("rolled_back_at"):
        because = escape_markdown(tags.get("rolled_back_because", ""))
        return f"**Rolled back** at {escape_markdown(format_moment(rolled_back_at))}, as another version scores again: {because}"
    return "It was the champion once; another version scores now." if "promoted_at" in tags else ""


def _tabulate(figures: Mapping[str, str]) -> Iterator[str]:
    if not figures:
        return
    yield "\n| figure | |\n|---|---|"
    yield from (
        f"| {escape_markdown(name)} | {escape_markdown(text)} |" for name, text in figures.items()
    )
