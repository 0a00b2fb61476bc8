"""Write the model card and the evidence behind it, after the promotion gate's verdict, into the version's run."""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run_search import locate_artifact, read_run_text
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.data.contract.schema import OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split
from credit_default.errors import InputError
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.inventory import describe_version_today
from credit_default.services.training.baselines import BaselineComparison
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.cross_validation import FOLD_COUNT, FOLD_SEEDS
from credit_default.services.training.register_and_promote import Registered
from credit_default.services.training.training_rows import TrainingRows
from credit_default.services.training.validation_study import Assessment
from credit_default.views.card.card import build_card
from credit_default.views.card.evidence import (
    BaselineFacts,
    CardEvidence,
    DataFacts,
    SnapshotFacts,
    VersionIdentity,
)
from credit_default.views.card.evidence_json import render_evidence_json
from credit_default.views.card.section_approval import build_registry_section
from credit_default.views.card.section_backtest import (
    build_backtest_section,
    build_past_promotions_section,
)
from credit_default.views.documents.document import Document
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import parse_document, render_document_json
from credit_default.views.documents.markdown import render_document_markdown
from credit_default.views.exports.model_sbom import render_bundle_sbom
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)

CARD_PAGE, CARD_CONTENT = "card/card.html", "card/card.json"
EVIDENCE_FILE = "validation/evidence.json"
_LIBRARIES = ("credit-default", "scikit-learn", "numpy", "polars", "mlflow", "prefect", "skops")


def publish_card(
    wiring: Wiring,
    registered: Registered,
    summary: Summary,
    *,
    challenger: Challenger,
    assessment: Assessment,
    rows: TrainingRows,
    sides: Split,
) -> Summary:
    """Record card and evidence in the version's run, and return the summary with the card's address.

    `card/` holds the page, the same as markdown, and its content as JSON. `validation/` holds
    `evidence.json`, with every figure that was measured, also those that no page shows, and the model's
    bill of materials (CycloneDX).

    Args:
        wiring: MLflow, and the settings to report.
        registered: The version and what was recorded with it.
        summary: The summary of the training, with the verdicts.
        challenger: The fitted challenger.
        assessment: What was measured of it beside its metrics.
        rows: The rows that it was trained on.
        sides: The same rows, split.
    """
    data = _describe_data(challenger, rows, sides)
    evidence = _build_evidence(
        wiring, registered, summary, challenger=challenger, assessed=assessment, data=data
    )
    card = _add_past_promotions(
        wiring, build_card(evidence), trained_at=evidence.identity.trained_at
    )
    files = {
        CARD_PAGE: render_html(card),
        "card/card.md": render_document_markdown(card, pictures="../"),
        CARD_CONTENT: render_document_json(card),
        EVIDENCE_FILE: render_evidence_json(evidence),
        "validation/parts.cdx.json": render_bundle_sbom(
            challenger.bundle,
            model_name=evidence.identity.name,
            libraries=evidence.identity.libraries,
            data_origin=challenger.data_origin,
            written_at=evidence.identity.trained_at,
        ),
    }
    run_id = registered.version.run_id
    wiring.tracking.find_run(run_id).record_files(
        {name: text.encode() for name, text in files.items()}
    )
    _LOG.info("wrote model card model_version=%s run_id=%s", registered.version.number, run_id)
    address = locate_artifact(wiring.tracking, run_id, CARD_PAGE)
    return replace(summary, paths={**summary.paths, "model card": address})


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
    content = read_run_text(wiring.tracking, version.run_id, CARD_CONTENT)
    if content is None:
        raise InputError(
            f"version {version.number}",
            found="no card in its run",
            expected="one that `train` registered",
            remedy="Train again: the card is written with each version.",
        )
    card = parse_document(content)
    verdict = read_version_verdict(version.tags)
    today = build_registry_section(
        version.aliases,
        version.tags,
        reasons=verdict.reasons if verdict else (),
        governance=describe_version_today(wiring, version.number, now=now),
    )
    own = [
        backtest
        for backtest in backtest_promotions(wiring, now=now)
        if backtest.new_version == version.number
    ]
    sections = (today, *map(build_backtest_section, own), *card.sections)
    return replace(card, sections=sections)


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


def _build_identity(wiring: Wiring, registered: Registered) -> VersionIdentity:
    number, run_id = registered.version.number, registered.version.run_id
    libraries = {name: version(name) for name in _LIBRARIES}
    return VersionIdentity(
        wiring.registry.name,
        number,
        registered.version.tags.get("trained_at", ""),
        run_id,
        wiring.commit,
        libraries,
    )


def _describe_data(challenger: Challenger, rows: TrainingRows, sides: Split) -> DataFacts:
    return DataFacts(
        origin=challenger.data_origin,
        snapshots=tuple(
            SnapshotFacts(s.digest, s.source.sha256, s.row_count) for s in rows.snapshots
        ),
        months=tuple(rows.rows[STATEMENT_MONTH].unique().sort()),
        accepted_count=rows.rows.height,
        rejected_count=rows.rejected_count,
        development_count=sides.development.height,
        test_count=sides.test.height,
        default_share=float(rows.rows[OUTCOME].to_numpy().mean()),
        outcomes={m: f"{found.state}: {found.reason}" for m, found in rows.completeness.items()},
        regime_months=tuple(sides.test[STATEMENT_MONTH].unique().sort()),
    )


def _build_evidence(
    wiring: Wiring,
    registered: Registered,
    summary: Summary,
    *,
    challenger: Challenger,
    assessed: Assessment,
    data: DataFacts,
) -> CardEvidence:
    folds = registered.folds.average() if registered.folds else {}
    return CardEvidence(
        identity=_build_identity(wiring, registered),
        bundle=challenger.bundle,
        schema=wiring.schema,
        data=data,
        evaluation=challenger.evaluation,
        judged_on=challenger.judged.place,
        recipe_note=challenger.recipe_note,
        verdict=summary.verdicts[-1],
        status=summary.status,
        calibration_reason=challenger.calibration.reason,
        economics=assessed.economics,
        loss=assessed.loss,
        fairness=assessed.fairness,
        fairness_verdict=assessed.fairness_verdict,
        comparison=assessed.comparison,
        proxies=assessed.proxies,
        flips=assessed.flips,
        baselines=tuple(_build_baseline_facts(baseline) for baseline in assessed.baselines),
        slices=assessed.slices,
        stability=assessed.stability,
        refit_client_share=wiring.settings.stability.client_share,
        sensitivity=assessed.sensitivity,
        folds=folds,
        folds_description=f"mean of {len(FOLD_SEEDS)} draws of {FOLD_COUNT} folds" if folds else "",
        pictures=registered.pictures,
    )


def _build_baseline_facts(baseline: BaselineComparison) -> BaselineFacts:
    gains: Mapping[str, float] = {
        f"{name}_{end}": value
        for name in ("roc_auc", "log_loss")
        for end, value in (
            ("gain", baseline.gains[name].gain),
            ("gain_low", baseline.gains[name].low),
            ("gain_high", baseline.gains[name].high),
        )
    }
    return BaselineFacts(
        name=f"{baseline.name}: {baseline.meaning}", metrics=baseline.metrics, **gains
    )
