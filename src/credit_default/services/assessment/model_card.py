"""Write the model card and the evidence behind it, after the promotion gate's verdict, into the version's run."""

import datetime as dt
import logging
from dataclasses import replace
from typing import Final

from credit_default.adapters.bundles.bundle_signature import sign_file
from credit_default.adapters.mlflow.run_search import locate_artifact
from credit_default.services.assessment.card_evidence import (
    JudgedVersion,
    build_evidence,
    list_assessment_metrics,
)
from credit_default.services.assessment.figures import draw_challenger
from credit_default.services.assessment.stored_card import CARD_CONTENT, CARD_PAGE, EVIDENCE_FILE
from credit_default.services.assessment.validation_study import Assessment
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.register_and_promote import Registered
from credit_default.services.training.training_record import CARD_DRAWN, CARD_TAG, build_record
from credit_default.services.training.training_rows import TrainingRows
from credit_default.views.card.card import build_card
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.evidence_json import render_evidence_json
from credit_default.views.card.section_backtest import build_past_promotions_section
from credit_default.views.documents.document import Document
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import render_document_json
from credit_default.views.documents.markdown import render_document_markdown
from credit_default.views.exports.model_sbom import render_bundle_sbom
from credit_default.views.summaries.summary import Summary

PARTS: Final = "validation/parts.cdx.json"  # the model's bill of materials
_LOG = logging.getLogger(__name__)


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
    bill of materials (CycloneDX), signed where the settings name a key. The version's tag says last that its card is drawn.

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
        | _sign_parts(wiring, {n: t.encode() for n, t in _render_files(wiring, evidence).items()})
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
        PARTS: render_bundle_sbom(
            evidence.bundle,
            model_name=identity.name,
            libraries=identity.libraries,
            data_origin=evidence.data.origin,
            written_at=identity.trained_at,
        ),
    }


def _sign_parts(wiring: Wiring, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with a signature beside the bill of materials, where the settings name a key."""
    key = wiring.signing_key
    return files if key is None else files | {f"{PARTS}.sig": sign_file(files[PARTS], key=key)}


def _add_past_promotions(wiring: Wiring, card: Document, *, trained_at: str) -> Document:
    """Return the card with the back-tests of all promotions before this training, where there are any."""
    now = dt.datetime.fromisoformat(trained_at)
    backtests = backtest_promotions(wiring, now=now)
    known = [each for each in backtests if dt.datetime.fromisoformat(each.promoted_at) < now]
    if not known:
        return card
    return replace(card, sections=(*card.sections, build_past_promotions_section(known)))
