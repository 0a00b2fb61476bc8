"""One batch, one pinned champion, one result: every accepted row scored, every rejected one in quarantine."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import find_entry, format_utc_time
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import has_scores, read_scores, write_scores
from credit_default.adapters.tables.score_digests import digest_scores
from credit_default.adapters.tables.scores import measure_scores
from credit_default.data.contract.schema import KEY
from credit_default.errors import InputError, ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger import LedgerEntry
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import digest_policy
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.estimator.scoring import count_trained_rows, score
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.champion.pinned_champion import MLFLOW_GATE, load_pinned_champion
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import REAL, require_matching_origins
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.intake.ingest import save_checked_file
from credit_default.services.scoring.batch_reasons import BatchReasons

_LOSS = "expected_loss "  # how the sums of expected losses are named on record


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """What became of a batch: scored_count + rejected_count are its rows. Shares are 0-1, of the scored rows."""

    batch_id: str
    model_version: int
    scored_count: int
    rejected_count: int
    declined_share: float
    expected_default_share: float
    trained_row_count: int  # rows that the model was trained on, whose scores are flattered
    was_there: bool  # the result was there already, and nothing was done
    scored_at: dt.datetime  # when they were, by whoever did it
    is_ours: bool  # whether this run put them on record: who did tells MLflow too
    declined_count: int = 0
    reasoned_count: int = 0  # declined rows that were given reasons
    reasons_mode: str = "none"  # under which they were: auto, all or none
    known_count: int = (
        0  # rows of a correction that the corrected batch has already: they stay as they are
    )
    # sums by decision and by band, as in `ScoreMeasures`; empty where the portfolio declares none
    expected_losses: Mapping[str, float] = field(default_factory=dict)
    pinned_at: dt.datetime | None = None  # as the seat holder's


@dataclass(slots=True)
class _Tally:
    trained_row_count: int = 0


@dataclass(frozen=True, slots=True)
class _Scoring:
    """Rows of a snapshot on their way through the model, a record batch at a time."""

    wiring: Wiring
    bundle: ModelBundle
    snapshot: Snapshot
    model_version: int
    scored_at: dt.datetime
    tally: _Tally = field(default_factory=_Tally)

    def frames(self) -> Iterator[pl.DataFrame]:
        self.tally.trained_row_count = 0  # a commit that is tried again begins anew
        reasons = BatchReasons(self.wiring, self.bundle)
        for rows in read_snapshot_rows(self.snapshot):
            scored = score(
                self.bundle,
                rows,
                model_version=self.model_version,
                batch_id=self.snapshot.digest,
                scored_at=self.scored_at,
                give_reasons=reasons.give,
                loss_policy=self.wiring.settings.loss,
            )
            self.tally.trained_row_count += scored.trained_row_count
            yield scored.frame


def load_champion(wiring: Wiring, checked: CheckedFile) -> CurrentChampion:
    """The champion, its artifact verified, fit to score this file; the one pinned in the lake where MLflow is away.

    Raises:
        InputError: there is none yet, it is of another portfolio, or one of the two is simulated and the other real.
        ArtifactError: its artifact is not the one on record.
        ServiceError: MLflow does not answer in the time that the settings give it, and no champion is pinned.
    """
    champion = _load_registered_or_pinned(wiring)
    if champion is None:
        raise InputError(
            "champion",
            found="none in the registry",
            expected="a promoted model",
            remedy="Train one with `credit-default train`.",
        )
    require_matching_origins(
        model_origin=champion.data_origin,
        batch_origin=checked.data_origin,
        thing=f"batch {checked.name}",
    )
    return champion


def find_champion(wiring: Wiring) -> CurrentChampion | None:
    """The champion, its artifact verified, or None before the first promotion.

    Raises:
        InputError: it is of another portfolio.
        ArtifactError: its artifact is not the one on record.
    """
    version = wiring.registry.find_champion()
    if version is None:
        return None
    bundle = wiring.registry.load_version(version)
    require_same_portfolio(wiring, bundle.schema_name, thing=f"champion, version {version.number}")
    return CurrentChampion(bundle, version.number, version.tags.get("data_origin", REAL))


def _load_registered_or_pinned(wiring: Wiring) -> CurrentChampion | None:
    try:
        wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.wait_seconds)
        return find_champion(wiring)
    except ServiceError as error:
        pinned = load_pinned_champion(wiring) if wiring.tracking.is_mlflow_outage(error) else None
        if pinned is None:
            raise
        return pinned


def score_file(
    wiring: Wiring, checked: CheckedFile, champion: CurrentChampion, *, scored_at: dt.datetime
) -> ScoredFile:
    """What became of the batch; when this champion has scored it before, nothing is done and `was_there` says so.

    The scores are committed once, whoever else is at it, and stand on record in the ledger afterwards.
    """
    snapshot, was_there, trained_row_count = None, True, None
    if not has_scores(wiring.lake, batch_id=checked.batch_id, model_version=champion.number):
        _require_accepted_rows(checked)
        snapshot = save_checked_file(wiring, checked, kept_at=scored_at)
        scoring = _Scoring(wiring, champion.bundle, snapshot, champion.number, scored_at)
        written = write_scores(
            wiring.lake, scoring.frames, batch_id=checked.batch_id, model_version=champion.number
        )
        hit_failpoint("predict.scored")
        was_there = written.already_existed
        trained_row_count = None if was_there else scoring.tally.trained_row_count
    snapshot = snapshot or read_snapshot(wiring.lake, checked.batch_id)
    entry = _append_scored_entry(
        wiring,
        checked,
        champion,
        snapshot,
        trained_row_count=trained_row_count,
        scored_at=scored_at,
    )
    hit_failpoint("predict.recorded")
    is_ours = entry.at == format_utc_time(scored_at)
    scored = _build_scored_file(checked, snapshot, entry, was_there=was_there, is_ours=is_ours)
    return replace(scored, pinned_at=champion.pinned_at)


def export_scores(lake: Lake, *, batch_id: str, model_version: int, path: Path) -> dict[str, str]:
    """Where a copy of the batch's scores now stands as .csv or .parquet, and its rejected rows beside it if any."""
    scores = read_scores(lake, batch_id=batch_id, model_version=model_version)
    write_table(scores.sort(KEY), path)
    written = {"handed over": str(path)}
    rejected = read_quarantine(lake, batch_id=batch_id)
    if rejected.height:
        beside = path.with_name(f"{path.stem}-rejected{path.suffix}")
        write_table(rejected, beside)
        written["rejected rows"] = str(beside)
    return written


def _require_accepted_rows(checked: CheckedFile) -> None:
    if checked.validated.accepted_count == 0:
        raise InputError(
            f"batch {checked.name}",
            found="no accepted row",
            expected="at least one row to score",
            remedy="See which rules the rows broke and correct the file.",
        )


def _append_scored_entry(
    wiring: Wiring,
    checked: CheckedFile,
    champion: CurrentChampion,
    snapshot: Snapshot,
    *,
    trained_row_count: int | None,
    scored_at: dt.datetime,
) -> LedgerEntry:
    """The ledger's entry for these scores; made now where a crash came between the scores and it.

    Who did not commit the scores (None) counts the rows that the model was trained on anew.
    """
    batch_id, bundle = checked.batch_id, champion.bundle
    key = f"scored {batch_id} v{champion.number}"
    if (entry := find_entry(wiring.lake, key)) is not None:
        return entry
    measured = measure_scores(wiring.lake, batch_id=batch_id, model_version=champion.number)
    if trained_row_count is None:
        trained_row_count = sum(
            count_trained_rows(bundle, rows) for rows in read_snapshot_rows(snapshot, columns=KEY)
        )
    return append_ledger_entry(
        wiring,
        "scored",
        key=key,
        batch_id=batch_id,
        model_version=champion.number,
        at=scored_at,
        details={
            "input_sha256": checked.source.sha256,
            "object_version": checked.source.object_version,
            "corrects": checked.corrects or "",
            "schema": bundle.schema_name,
            "schema_version": bundle.schema_version,
            "feature_version": bundle.feature_version,
            "model_digest": bundle.digest,
            "threshold": bundle.decision_policy.threshold,
            "policy_digest": digest_policy(bundle.decision_policy),
            "read_count": checked.validated.row_count,
            "quarantined_count": checked.validated.rejected_count,
            "scored_count": measured.scored_count,
            "declined_count": measured.declined_count,
            "reasons": wiring.settings.reasons.mode,
            "reasoned_count": measured.reasoned_count,
            "expected_default_share": measured.expected_default_share,
            "trained_row_count": trained_row_count,
            **_build_loss_details(wiring.settings.loss, measured.expected_losses),
            **({MLFLOW_GATE: "away"} if champion.pinned_at else {}),
            "scores_digest": digest_scores(
                wiring.lake, batch_id=batch_id, model_version=champion.number
            ),
        },
    )


def parse_expected_losses(details: Mapping[str, float]) -> dict[str, float]:
    """The sums of expected losses that stand on record, by decision and by band."""
    return {name.removeprefix(_LOSS): details[name] for name in details if name.startswith(_LOSS)}


def _build_loss_details(policy: LossPolicy, losses: Mapping[str, float]) -> dict[str, float]:
    """The sums and what they assume, as they stand on record; nothing where there is no expected loss."""
    if not losses:
        return {}
    assumed = {
        "conversion_factor": policy.conversion_factor,
        "loss_given_default": policy.loss_given_default,
    }
    return assumed | {f"{_LOSS}{name}": amount for name, amount in losses.items()}


def _build_scored_file(
    checked: CheckedFile, snapshot: Snapshot, entry: LedgerEntry, *, was_there: bool, is_ours: bool
) -> ScoredFile:
    details = json.loads(entry.details)
    scored_count = int(details["scored_count"])
    return ScoredFile(
        batch_id=checked.batch_id,
        model_version=entry.model_version,
        scored_count=scored_count,
        rejected_count=checked.validated.rejected_count,
        declined_share=int(details["declined_count"]) / scored_count if scored_count else 0.0,
        expected_default_share=float(details["expected_default_share"]),
        trained_row_count=int(details["trained_row_count"]),
        was_there=was_there,
        scored_at=dt.datetime.fromisoformat(entry.at),
        is_ours=is_ours,
        declined_count=int(details["declined_count"]),
        reasoned_count=int(details.get("reasoned_count", 0)),  # older lakes say nothing of reasons
        reasons_mode=str(details.get("reasons", "none")),
        known_count=checked.validated.accepted_count - snapshot.row_count
        if checked.corrects
        else 0,
        expected_losses=parse_expected_losses(details),
    )
