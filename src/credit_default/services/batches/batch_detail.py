"""One batch as the control room shows it: what the ledger says of it, every gate's verdict, its columns, outcomes and shadows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.adapters.lake.published_reports import read_published
from credit_default.adapters.lake.snapshots import has_snapshot, read_snapshot
from credit_default.adapters.mlflow.run import RunType
from credit_default.adapters.mlflow.run_search import find_run_id
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.errors import InputError
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.monitoring.monitoring_gates import (
    find_monitoring_gate,
    get_gate_position,
)
from credit_default.services.batches.batch_columns import BatchProfile, read_batch_profile
from credit_default.services.batches.batch_index import BatchKey, find_batch_keys
from credit_default.services.batches.batch_outcomes import (
    BandOutcomes,
    ShadowScored,
    list_shadow_scores,
    measure_bands,
)
from credit_default.services.batches.figure_words import name_figure, say_reason, write_figure
from credit_default.services.batches.kept_values import keep_value
from credit_default.services.batches.rejected_rows import RuleCount, count_rejected
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring

_ANSWER_SECONDS: Final = 1.0  # that MLflow has to answer its health check
PAGES: Final[Mapping[str, str]] = {"report": "report.html", "quality": "quality.html"}


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What one gate found about the batch: its question, its level, the reasons, and the figures as name and text."""

    gate: str
    title: str
    question: str
    level: str
    reasons: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    judged_at: str  # UTC, to the minute


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """A batch as one version scored it."""

    key: BatchKey
    versions: tuple[int, ...]  # all that scored it, the last one first
    name: str  # what people call it: the file's name
    is_simulated: bool
    facts: tuple[tuple[str, str], ...]
    verdicts: tuple[GateVerdict, ...]
    profile: BatchProfile
    bands: tuple[BandOutcomes, ...]
    shadows: tuple[ShadowScored, ...]
    rules: tuple[RuleCount, ...]  # that its rejected rows broke
    corrects: str  # the batch that it corrects; "" where none
    pages: tuple[str, ...]  # of Evidently's that are drawn: keys of PAGES


def describe_batch(
    wiring: Wiring, batch_id: str, *, model_version: int | None = None
) -> BatchDetail:
    """Return the batch as that version scored it; as the last one did where none is named.

    Raises:
        InputError: Nothing was scored under that id, or not by that version.
    """
    key, keys = choose_key(wiring, batch_id, model_version=model_version)
    lake = wiring.lake
    scored = _find_scored(wiring, key)
    is_kept = has_snapshot(lake, key.batch_id)
    origin = read_snapshot(lake, key.batch_id).origin if is_kept else None
    return BatchDetail(
        key,
        tuple(one.model_version for one in keys),
        origin.name if origin else "",
        bool(origin and origin.data_origin == SIMULATED),
        tuple(_list_facts(key, scored)),
        _read_verdicts(wiring, key),
        read_batch_profile(
            lake, wiring.schema, batch_id=key.batch_id, model_version=key.model_version
        ),
        keep_value(
            lambda: measure_bands(lake, key),
            name="bands",
            lake=lake,
            tables=("scores", "outcomes"),
            key=key,
        ),
        keep_value(
            lambda: list_shadow_scores(lake, key),
            name="shadows",
            lake=lake,
            tables=("scores", "shadow_scores"),
            key=key,
        ),
        count_rejected(wiring, key.batch_id),
        scored.corrects if scored else "",
        tuple(name for name, file in PAGES.items() if has_published_page(wiring, key, file=file)),
    )


def choose_key(
    wiring: Wiring, batch_id: str, *, model_version: int | None
) -> tuple[BatchKey, tuple[BatchKey, ...]]:
    """Return the batch as that version scored it, or the last one did, and all of its scorings.

    Raises:
        InputError: Nothing was scored under that id, or not by that version.
    """
    keys = find_batch_keys(wiring.lake, batch_id)
    if model_version is None:
        return keys[0], keys
    own = [key for key in keys if key.model_version == model_version]
    if not own:
        known = ", ".join(str(key.model_version) for key in keys)
        raise InputError(
            f"batch {batch_id}",
            found=f"no scores of version {model_version}",
            expected=f"one of the versions that scored it: {known}",
            remedy="Choose one of them on the batch's page.",
        )
    return own[0], keys


def read_evidently_page(wiring: Wiring, key: BatchKey, *, name: str) -> bytes:
    """Return the stored page of Evidently of that name, one of PAGES.

    Raises:
        InputError: There is no such page, or it is not drawn yet.
    """
    file = PAGES.get(name)
    content = file and read_published(
        wiring.lake, file, batch_id=key.batch_id, model_version=key.model_version
    )
    if not content:
        raise InputError(
            f"Evidently's page {name[:40]!r} of batch {key.batch_id}",
            found="none",
            expected="one that was drawn",
            remedy="`credit-default reconcile` draws what is owed, `credit-default monitor` a new one.",
        )
    return content


def find_mlflow_run_address(wiring: Wiring, key: BatchKey) -> str:
    """Return the address of the batch's run on the MLflow server: the newest that monitored it, or else that scored it.

    Raises:
        InputError: The settings name no server, or it has no run of the batch.
        ServiceError: MLflow does not answer.
    """
    tracking = wiring.tracking
    if tracking.is_server:
        tracking.wait_for_store(timeout_seconds=_ANSWER_SECONDS)
        tags = {"batch_id": key.batch_id, "model_version": key.model_version}
        runs: tuple[RunType, ...] = ("monitor", "predict")
        found = (find_run_id(tracking, run_type, tags=tags) for run_type in runs)
        if run_id := next(filter(None, found), None):
            return tracking.find_run(run_id).address
    raise InputError(
        f"MLflow's run of batch {key.batch_id}",
        found="none" if tracking.is_server else "no server in the settings",
        expected="a run that scored or monitored the batch",
        remedy="`credit-default reconcile` adds runs that are missing; `credit-default up` starts a server.",
    )


def has_published_page(wiring: Wiring, key: BatchKey, *, file: str) -> bool:
    """Return whether that file was published for the batch."""
    address = f"reports/{key.batch_id}/v{key.model_version}/{file}"
    return wiring.lake.storage.find_object(address) is not None


def _find_scored(wiring: Wiring, key: BatchKey) -> Scored | None:
    entries = read_entries(wiring.lake, batch_id=key.batch_id, events=(Scored.name,))
    own = [entry for entry in entries if entry.model_version == key.model_version]
    return next((found.event for found in select_events(reversed(own), Scored)), None)


def _list_facts(key: BatchKey, scored: Scored | None) -> list[tuple[str, str]]:
    facts = [("Statement month", key.statement_month), ("Scored", f"{key.scored_at} UTC")]
    if scored is None:
        return [*facts, ("Rows scored", f"{key.row_count:,}")]
    facts += [
        ("Rows in the file", f"{scored.read_count:,}"),
        ("Rows rejected", f"{scored.quarantined_count:,} ({scored.rejected_share:.1%})"),
        ("Rows scored", f"{scored.scored_count:,}"),
        ("Declined", f"{scored.declined_count:,} ({scored.declined_share:.1%})"),
        ("Expected default share", f"{scored.expected_default_share:.1%}"),
        ("Threshold", f"{scored.threshold:.2%}"),
    ]
    if total := scored.expected_losses.get("accept"):
        facts.append(("Expected loss of the accepted", f"{total:,.0f}"))
    if scored.mlflow:
        facts.append(("Scored by", "the champion pinned in the lake, as MLflow did not answer"))
    return facts


def _read_verdicts(wiring: Wiring, key: BatchKey) -> tuple[GateVerdict, ...]:
    own = (
        (pl.col("statement_month") <= key.statement_month)
        & (pl.col("batch_id") == key.batch_id)
        & (pl.col("model_version") == key.model_version)
    )
    rows = collect_rows(
        wiring.lake,
        scan_table(wiring.lake, "monitoring")
        .filter(own)
        .select("gate", "level", "reasons", "figures", "monitored_at"),
    )
    ordered = sorted(rows.iter_rows(named=True), key=lambda row: get_gate_position(row["gate"]))
    return tuple(_build_verdict(row) for row in ordered)


def _build_verdict(row: Mapping[str, object]) -> GateVerdict:
    name = str(row["gate"])
    gate = find_monitoring_gate(name)
    figures = json.loads(str(row["figures"]))
    return GateVerdict(
        name,
        gate.title if gate else name,
        gate.question if gate else "",
        str(row["level"]),
        tuple(map(say_reason, row["reasons"])),  # type: ignore[call-overload]
        tuple((name_figure(key), write_figure(key, value)) for key, value in figures.items()),
        f"{row['monitored_at']:%Y-%m-%d %H:%M}",
    )
