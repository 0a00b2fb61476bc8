"""Write the description of a version's page in MLflow: what it is for, the verdict, its figures, its card, the control room.

It follows from what the registry keeps of the version, so that writing it again changes nothing.
"""

from collections.abc import Iterator, Mapping

from credit_default.adapters.mlflow.logged_model import describe_version
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.version_verdict import rebuild_verdict
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.run_artifact import build_room_link, escape_markdown
from credit_default.views.summaries.summary import format_figures


def write_version_page(wiring: Wiring, number: int) -> None:
    """Write the description of the version's page, unless it says the same already.

    Raises:
        InputError: There is no such version.
        ServiceError: MLflow does not answer.
    """
    version = wiring.registry.find_version(number)
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
    verdict = rebuild_verdict(version.tags)
    if verdict is None:
        yield "\nNo gate has judged it yet."
    else:
        yield f"\n**{escape_markdown(verdict.gate)}: {escape_markdown(verdict.level)}**\n"
        yield from (f"* {escape_markdown(reason)}" for reason in verdict.reasons)
        yield from _tabulate(format_figures(verdict.figures))
    yield f"\nTrained {escape_markdown(version.trained_at)}, digest {escape_markdown(version.digest[:12])}."
    yield "Its model card is among the artifacts of its run, in the folder card."
    if link := build_room_link(room, None, version.number):
        yield f"\n[In the control room]({link})"


def _tabulate(figures: Mapping[str, str]) -> Iterator[str]:
    if not figures:
        return
    yield "\n| figure | |\n|---|---|"
    yield from (
        f"| {escape_markdown(name)} | {escape_markdown(text)} |" for name, text in figures.items()
    )
