"""Read the model card that a version's training has written: its content, its pictures, and what has become of the version since.

What draws a card is in `model_card`, and loads the library of charts; reading needs none.
"""

import datetime as dt
import re
from dataclasses import replace
from typing import Final

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run_search import locate_artifact, read_run_file, read_run_text
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.errors import InputError
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.inventory import describe_version_today
from credit_default.views.card.section_approval import build_registry_section
from credit_default.views.card.section_backtest import build_backtest_section
from credit_default.views.documents.document import Document, Picture
from credit_default.views.documents.json_document import parse_document
from credit_default.views.summaries.summary import Summary

CARD_PAGE: Final = "card/card.html"
CARD_CONTENT: Final = "card/card.json"
EVIDENCE_FILE: Final = "validation/evidence.json"
# as cards of earlier versions of this package have it, with microseconds
_LONG_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*\+00:00")


def read_card(wiring: Wiring, version: ModelVersion, *, now: dt.datetime) -> Document:
    """Return the version's card as it was written after its training, preceded by its present status.

    Of a version that replaced a champion, the status includes the back-test of its promotion on the
    months that are complete `now`.

    Raises:
        InputError: The version's run has no card.
        ArtifactError: The stored card cannot be read.
    """
    card = read_stored_card(wiring, version)
    verdict = read_version_verdict(version.tags)
    today = build_registry_section(
        version.aliases,
        version.tags,
        reasons=verdict.reasons if verdict else (),
        governance=describe_version_today(wiring, version.number, now=now),
    )
    own = backtest_promotions(wiring, now=now, new_version=version.number)
    sections = (today, *map(build_backtest_section, own), *card.sections)
    return replace(card, sections=sections)


def read_stored_card(wiring: Wiring, version: ModelVersion) -> Document:
    """Return the version's card as it was written after its training.

    Raises:
        InputError: The version's run has no card.
        ArtifactError: The stored card cannot be read.
    """
    content = read_run_text(wiring.tracking, version.run_id, CARD_CONTENT)
    if content is None:
        raise InputError(
            f"version {version.number}",
            found="no card in its run",
            expected="one that its training drew after the verdict",
            remedy="Run `credit-default reconcile`: it draws the card of a training that was cut short.",
        )
    card = parse_document(content)
    return replace(card, subtitle=_LONG_TIME.sub(r"\1 \2 UTC", card.subtitle))


def read_card_picture(wiring: Wiring, version: ModelVersion, place: int) -> bytes:
    """Return the PNG of one of the stored card's pictures, counted from 1 on.

    Raises:
        InputError: The card has no such picture, or the version's run has no card.
        ArtifactError: The stored card cannot be read.
    """
    paths = list_card_pictures(read_stored_card(wiring, version))
    png = None
    if 1 <= place <= len(paths):
        png = read_run_file(wiring.tracking, version.run_id, paths[place - 1])
    if png is None:
        raise InputError(
            f"the card of version {version.number}",
            found=f"no picture {place}",
            expected="one that its training drew",
            remedy="Open the card: it shows those that there are.",
        )
    return png


def list_card_pictures(card: Document) -> tuple[str, ...]:
    """Return where the card's pictures are in the version's run, in the card's order."""
    blocks = (block for section in card.sections for block in section.blocks)
    return tuple(block.path for block in blocks if isinstance(block, Picture))


def summarise_card(wiring: Wiring, version: ModelVersion) -> Summary:
    """Return the address of the version's card, and the verdict on the version."""
    verdict = read_version_verdict(version.tags)
    return Summary(
        "models show",
        ", ".join(version.aliases) or "no alias",
        model_version=version.number,
        run_id=version.run_id,
        paths={
            "model card": locate_artifact(wiring.tracking, version.run_id, CARD_PAGE),
            "digest": version.digest,
        },
        notes=(f"verdict of the gate: {verdict.level if verdict else 'none'}",),
    )
