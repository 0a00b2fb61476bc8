"""Write the model card and the evidence behind it, after the promotion gate's verdict, into the version's run."""

import datetime as dt
import logging
from dataclasses import replace

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run_search import locate_artifact, read_run_file, read_run_text
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.errors import InputError
from credit_default.services.assessment.card_evidence import (
    JudgedVersion,
    build_evidence,
    list_assessment_metrics,
)
from credit_default.services.assessment.figures import draw_challenger
from credit_default.services.assessment.validation_study import Assessment
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.inventory import describe_version_today
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.register_and_promote import Registered
from credit_default.services.training.training_record import CARD_DRAWN, CARD_TAG, build_record
from credit_default.services.training.training_rows import TrainingRows
from credit_default.views.card.card import build_card
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.evidence_json import render_evidence_json
from credit_default.views.card.section_approval import build_registry_section
from credit_default.views.card.section_backtest import (
    build_backtest_section,
    build_past_promotions_section,
)
from credit_default.views.documents.document import Document, Picture
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import parse_document, render_document_json
from credit_default.views.documents.markdown import render_document_markdown
from credit_default.views.exports.model_sbom import render_bundle_sbom
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)

CARD_PAGE, CARD_CONTENT = "card/card.html", "card/card.json"
EVIDENCE_FILE = "validation/evidence.json"


def publish_card(
    wiring: Wiring,
    registered: Registered,
    summary: Summary,
    *,
    challenger: Challenger,
    assessment: Assessment,
    rows: TrainingRows,
) -> Summary:
    """Draw the version's card, and return the training's summary with the card's address.

    Args:
        wiring: MLflow, and the settings to report.
        registered: The version and what was recorded with it.
        summary: The summary of the training, with the verdicts.
        challenger: The fitted challenger.
        assessment: What was measured of it beside its metrics.
        rows: The rows that it was trained on.
    """
    record = build_record(wiring, rows, challenger, registered.folds)
    judged = JudgedVersion(registered.version, record, summary.verdicts[-1], summary.status)
    address = draw_card(wiring, judged, challenger=challenger, assessment=assessment)
    return replace(summary, paths={**summary.paths, "model card": address})


def draw_card(
    wiring: Wiring, judged: JudgedVersion, *, challenger: Challenger, assessment: Assessment
) -> str:
    """Record charts, card and evidence in the version's run, and return the card's address.

    `figures/` holds the charts, `card/` the page, the same as markdown, and its content as JSON. `validation/` holds
    `evidence.json`, with every figure that was measured, also those that no page shows, and the model's
    bill of materials (CycloneDX). The version's tag says last that its card is drawn.

    Args:
        wiring: MLflow, and the settings to report.
        judged: The version, and what was decided on it.
        challenger: Its fitted challenger.
        assessment: What was measured of it beside its metrics.
    """
    version, run = judged.version, wiring.tracking.find_run(judged.version.run_id)
    pictures = draw_challenger(challenger, assessment)
    evidence = build_evidence(
        wiring, judged, challenger=challenger, assessment=assessment, pictures=pictures
    )
    run.record_metrics(list_assessment_metrics(assessment))
    run.record_files(
        {picture.path: picture.png for picture in pictures.values()}
        | {name: text.encode() for name, text in _render_files(wiring, evidence).items()}
    )
    wiring.registry.record_tags(version, {CARD_TAG: CARD_DRAWN})
    _LOG.info("wrote model card model_version=%s run_id=%s", version.number, version.run_id)
    return locate_artifact(wiring.tracking, version.run_id, CARD_PAGE)


def _render_files(wiring: Wiring, evidence: CardEvidence) -> dict[str, str]:
    identity = evidence.identity
    card = _add_past_promotions(wiring, build_card(evidence), trained_at=identity.trained_at)
    return {
        CARD_PAGE: render_html(card),
        "card/card.md": render_document_markdown(card, pictures="../"),
        CARD_CONTENT: render_document_json(card),
        EVIDENCE_FILE: render_evidence_json(evidence),
        "validation/parts.cdx.json": render_bundle_sbom(
            evidence.bundle,
            model_name=identity.name,
            libraries=identity.libraries,
            data_origin=evidence.data.origin,
            written_at=identity.trained_at,
        ),
    }


def _add_past_promotions(wiring: Wiring, card: Document, *, trained_at: str) -> Document:
    """Return the card with the back-tests of all promotions before this training, where there are any."""
    now = dt.datetime.fromisoformat(trained_at)
    backtests = backtest_promotions(wiring, now=now)
    known = [each for each in backtests if dt.datetime.fromisoformat(each.promoted_at) < now]
    if not known:
        return card
    return replace(card, sections=(*card.sections, build_past_promotions_section(known)))


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
    return parse_document(content)


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
