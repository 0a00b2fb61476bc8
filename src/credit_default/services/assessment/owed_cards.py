"""Draw the model cards that trainings owe: of versions that were judged by a run which was killed before it drew the card.

The challenger is fitted again from the lake's rows and the settings on record, and must have the version's digest. What
it shows is therefore what the training would have shown.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run_search import read_run_text
from credit_default.adapters.mlflow.version_verdict import rebuild_verdict
from credit_default.errors import ArtifactError, InputError, ServiceError, SetupError
from credit_default.gates.verdict import Verdict
from credit_default.services.assessment.card_evidence import JudgedVersion
from credit_default.services.assessment.model_card import draw_card
from credit_default.services.assessment.validation_study import assess_challenger
from credit_default.services.champion.alias_history import APPROVAL_REQUESTED, PROMOTED
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.operations.reconcile import Repairs
from credit_default.services.training.challenger import Challenger, fit_challenger
from credit_default.services.training.known_rows import read_rows_again
from credit_default.services.training.register_and_promote import KEPT, NO_CHAMPION
from credit_default.services.training.training_record import (
    CARD_TAG,
    RECORD_FILE,
    TrainingRecord,
    is_card_owed,
    parse_record,
)
from credit_default.services.training.training_rows import split_rows

_LOG = logging.getLogger(__name__)
DRAWN_CARDS: Final = "model cards drawn"


def draw_owed_cards(wiring: Wiring, *, now: dt.datetime) -> Repairs:
    """Draw the card of each version that was judged and whose training ended before it drew one.

    A card that can no longer be drawn, as the lake has changed, is noted on its version and is not tried again. Where MLflow does not answer, nothing is done.
    """
    try:
        wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.wait_seconds)
        with wiring.lake.hold_lock("reconcile"):
            notes = tuple(_draw_owed(wiring, now))
    except ServiceError as error:
        if not wiring.tracking.is_mlflow_outage(error):
            raise
        return Repairs({})
    return Repairs({DRAWN_CARDS: sum(note.startswith("drew") for note in notes)}, notes)


def _draw_owed(wiring: Wiring, now: dt.datetime) -> Iterator[str]:
    silence = dt.timedelta(seconds=wiring.settings.reconcile.silence_seconds)
    for version in wiring.registry.list_versions():
        verdict = rebuild_verdict(version.tags)
        if verdict is None or not is_card_owed(version, now=now, silence=silence):
            continue
        try:
            _draw_again(wiring, version, verdict)
        except SetupError as error:  # such as a package that is not trusted: people can change that
            yield f"the card of version {version.number} is owed: {error}"
        except (InputError, ArtifactError) as error:
            reason = f"cannot be drawn: {error.thing}, found {error.found}"
            wiring.registry.record_tags(version, {CARD_TAG: reason})
            _LOG.warning("cannot draw model card model_version=%d: %s", version.number, error)
            yield f"the card of version {version.number} {reason}"
        else:
            yield f"drew the card of version {version.number}"


def _draw_again(wiring: Wiring, version: ModelVersion, verdict: Verdict) -> None:
    """Fit and assess the version's challenger once more, and draw its card.

    Raises:
        InputError: Rows are gone.
        ArtifactError: The run has no record, or another model than the version's was fitted.
        SetupError: The package that the model needs is not trusted.
    """
    record = parse_record(read_run_text(wiring.tracking, version.run_id, RECORD_FILE) or "")
    as_then = replace(wiring, settings=record.apply_to(wiring.settings))
    challenger = _fit_again(as_then, version, record)
    judged = JudgedVersion(version, record, verdict, _find_status(as_then, version, verdict))
    draw_card(
        as_then,
        judged,
        challenger=challenger,
        assessment=assess_challenger(as_then, challenger, challenger.sides),
    )


def _fit_again(wiring: Wiring, version: ModelVersion, record: TrainingRecord) -> Challenger:
    snapshots = [read_snapshot(wiring.lake, facts.batch_id) for facts in record.data.snapshots]
    for snapshot in snapshots:
        name = snapshot.origin.schema_name
        require_same_portfolio(wiring.schema, name, thing=f"snapshot {snapshot.digest}")
    rows = read_rows_again(wiring, snapshots, months=record.data.months, from_file=record.from_file)
    challenger = fit_challenger(wiring, rows, split_rows(wiring, rows))
    if challenger.bundle.digest != version.digest:
        raise ArtifactError(
            f"version {version.number}",
            found=f"digest {challenger.bundle.digest[:12]} when fitted again on the lake's rows",
            expected=f"digest {version.digest[:12]}: the rows or the package have changed since",
            remedy="Train again.",
        )
    return challenger


def _find_status(wiring: Wiring, version: ModelVersion, verdict: Verdict) -> str:
    """Return the decision on the version, as its training would have shown it."""
    if "promoted_at" in version.tags:
        return PROMOTED
    if not verdict.passed:
        return KEPT if wiring.registry.find_champion() else NO_CHAMPION
    return KEPT if wiring.settings.promotion.approval == "none" else APPROVAL_REQUESTED
