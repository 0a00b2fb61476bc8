"""Verify a lake: its ledger is unbroken, its scores are those on record, and scores are reproduced when computed again."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.adapters.tables.score_digests import digest_frames
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.data.contract.schema import CLIENT_ID, KEY
from credit_default.errors import InputError
from credit_default.gates.ledger import chain
from credit_default.gates.ledger.chain import LedgerEntry, judge_chain
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score
from credit_default.services.audit.override_check import judge_overrides
from credit_default.services.audit.recorded_results import (
    RecordedResult,
    judge_scores,
    read_recorded_results,
)
from credit_default.services.audit.shadow_replay import replay_shadow_scores
from credit_default.services.context.moved_lake import describe_outside_addresses
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_REPLAY_GATE: Final = "replay"

_LOG = logging.getLogger(__name__)


def verify_lake(
    wiring: Wiring, *, batch_id: str | None, client_id: str | None, head: str | None
) -> Summary:
    """Verify the lake against its ledger; the summary's exit code is 1 where anything does not match.

    The chain of the ledger is checked first, then every batch's scores and people's overrides against the digests on
    record. With a `batch_id` the batch is scored again from the rows and the model that the ledger names and compared to
    the last bit, with a `client_id` only that client in it. `head` is a hash of an entry that was noted before: the
    ledger must still have it.

    Raises:
        InputError: The batch was never scored, or has no such client.
        ArtifactError: The rows or the model are not those on record.
    """
    _require_batch_of_client(batch_id, client_id)
    entries = read_entries(wiring.lake)
    results = read_recorded_results(entries)
    verdicts = [_judge_ledger(entries, head), judge_scores(wiring.lake, results)]
    verdicts += judge_overrides(wiring.lake, entries)
    if batch_id is not None:
        verdicts += _replay_batch(wiring, results, batch_id, client_id)
        verdicts += replay_shadow_scores(wiring, batch_id)
    for verdict in verdicts:
        _LOG.info("verified gate=%s level=%s", verdict.gate, verdict.level)
    summary = _summarise_verification(entries, verdicts, batch_id=batch_id)
    return replace(summary, notes=_list_notes(wiring))


def _list_notes(wiring: Wiring) -> tuple[str, ...]:
    """Return a note where models or runs are kept outside the lake; a server is not asked, as the proof needs none."""
    if wiring.tracking.is_server:
        return ()
    return tuple(filter(None, [describe_outside_addresses(wiring.lake, wiring.tracking)]))


def _require_batch_of_client(batch_id: str | None, client_id: str | None) -> None:
    if client_id is not None and batch_id is None:
        raise InputError(
            "--client",
            found="no batch",
            expected="the batch whose score of this client is computed again",
            remedy="Name it: `credit-default verify BATCH --client ID`.",
        )


def _summarise_verification(
    entries: Sequence[LedgerEntry], verdicts: Sequence[Verdict], *, batch_id: str | None
) -> Summary:
    broken = not all(verdict.passed for verdict in verdicts)
    return Summary(
        "verify",
        "broken" if broken else "proved",
        exit_code=int(broken),
        verdicts=tuple(verdicts),
        batch_id=batch_id,
        counts={"entries": len(entries)},
        paths={"head": entries[-1].entry_hash} if entries else {},
    )


def _judge_ledger(entries: Sequence[LedgerEntry], head: str | None) -> Verdict:
    verdict = judge_chain(entries)
    if head is not None and verdict.passed and head not in {entry.entry_hash for entry in entries}:
        reason = f"no entry has the hash {head[:64]!r}, which was seen before"
        return Verdict(chain.GATE, "alarm", (reason,))
    return verdict


def _replay_batch(
    wiring: Wiring, results: Sequence[RecordedResult], batch_id: str, client_id: str | None
) -> Iterator[Verdict]:
    """Yield a verdict for each version that scored the batch, in their order."""
    own = [result for result in results if result.batch_id == batch_id]
    if not own:
        raise InputError(
            f"batch {batch_id}",
            found="no scores on record",
            expected="a batch that was scored",
            remedy="Copy the id from `predict`.",
        )
    for result in sorted(own, key=lambda result: result.model_version):
        version = result.model_version
        bundle = wiring.registry.load_version(wiring.registry.find_version(version))
        if bundle.digest != result.model_digest:
            reason = f"version {version} is not the model on record"
            yield Verdict(_REPLAY_GATE, "alarm", (reason,))
        elif client_id is None:
            yield _replay_all(wiring.lake, bundle, result)
        else:
            yield _replay_client(wiring.lake, bundle, result, client_id)


def _replay_all(lake: Lake, bundle: ModelBundle, result: RecordedResult) -> Verdict:
    version = f"version {result.model_version}"
    found = digest_frames(_score_again(lake, bundle, result))
    if found != result.scores_digest:
        reason = f"{version}: the scores are not reproduced when they are computed again"
        return Verdict(_REPLAY_GATE, "alarm", (reason,))
    reason = f"{version}: every score was reproduced, to the last bit"
    return Verdict(_REPLAY_GATE, "ok", (reason,))


def _replay_client(
    lake: Lake, bundle: ModelBundle, result: RecordedResult, client_id: str
) -> Verdict:
    columns = (*KEY, "default_probability", "decision")
    scores = read_scores(
        lake, batch_id=result.batch_id, model_version=result.model_version, columns=columns
    )
    if client_id not in scores[CLIENT_ID]:
        client_id = read_client_id(client_id)
    stored = scores.filter(pl.col(CLIENT_ID) == client_id)
    if stored.is_empty():
        raise InputError(
            f"client {client_id[:64]!r}",
            found=f"no score in batch {result.batch_id}",
            expected="one of its clients",
            remedy="Check the id.",
        )
    frames = _score_again(lake, bundle, result)
    computed = pl.concat([rows.filter(pl.col(CLIENT_ID) == client_id) for rows in frames])
    computed = computed.select(columns)
    same = stored.sort(KEY).equals(computed.sort(KEY))
    outcome = "was reproduced" if same else "is not reproduced when it is computed again"
    probabilities = ", ".join(f"{probability!r}" for probability in computed["default_probability"])
    reason = f"version {result.model_version}: the score {outcome}: {probabilities}"
    return Verdict(_REPLAY_GATE, "ok" if same else "alarm", (reason,))


def _score_again(lake: Lake, bundle: ModelBundle, result: RecordedResult) -> Iterator[pl.DataFrame]:
    """Yield the scores of the batch's snapshot under the bundle, a record batch at a time."""
    snapshot = read_snapshot(lake, result.batch_id)
    for rows in read_snapshot_rows(snapshot):
        yield score(
            bundle,
            rows,
            model_version=result.model_version,
            batch_id=result.batch_id,
            scored_at=snapshot.origin.kept_at,
        ).frame
