"""What can be proved of a lake: its ledger is unbroken, its scores are those on record, and any score comes out again."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import collect_rows, read_scores, scan_table
from credit_default.adapters.tables.score_digests import digest_frames, digest_scores
from credit_default.data.contract.schema import CLIENT_ID, KEY
from credit_default.errors import InputError, show_examples
from credit_default.gates.ledger import LedgerEntry, judge_chain
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_SCORE_DIGEST = "scores_digest"


def verify_lake(
    wiring: Wiring, *, batch_id: str | None, client_id: str | None, head: str | None
) -> Summary:
    """What was proved; exit code 1 when anything was not.

    The chain of the ledger first; then every batch's scores against the digest on record; then, for one batch, its
    scores computed again from the rows and the model that the ledger names, or those of one client in it.

    Raises:
        InputError: the batch was never scored, or has no such client.
        ArtifactError: the rows or the model are not those on record.
    """
    if client_id is not None and batch_id is None:
        raise InputError(
            "--client",
            found="no batch",
            expected="the batch whose score of this client is computed again",
            remedy="Name it: `credit-default verify BATCH --client ID`.",
        )
    entries = read_entries(wiring.lake)
    verdicts = [
        _judge_ledger(entries, head),
        _judge_scores(wiring, _read_recorded_results(entries)),
    ]
    if batch_id is not None:
        verdicts += _replay_batch(wiring, entries, batch_id, client_id)
    passed = all(verdict.passed for verdict in verdicts)
    return Summary(
        "verify",
        "proved" if passed else "broken",
        exit_code=int(not passed),
        verdicts=tuple(verdicts),
        batch_id=batch_id,
        counts={"entries": len(entries)},
        paths={"head": entries[-1].entry_hash} if entries else {},
    )


def _judge_ledger(entries: Sequence[LedgerEntry], head: str | None) -> Verdict:
    verdict = judge_chain(entries)
    if head is not None and verdict.passed and head not in {entry.entry_hash for entry in entries}:
        return Verdict(
            "ledger", "alarm", (f"no entry has the hash {head[:64]!r}, which was seen before",)
        )
    return verdict


def _read_recorded_results(
    entries: Sequence[LedgerEntry],
) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    """For each batch and model version, the details on record: the newest, since a client may have been forgotten."""
    results: dict[tuple[str, int], dict[str, Any]] = {}
    for entry in entries:
        if entry.event in {"scored", "forgotten"} and entry.model_version:
            key = (entry.batch_id, entry.model_version)
            results[key] = results.get(key, {}) | json.loads(entry.details)
    return results


def _judge_scores(wiring: Wiring, results: Mapping[tuple[str, int], Mapping[str, Any]]) -> Verdict:
    changed = [
        f"{batch_id} version {version}"
        for (batch_id, version), details in results.items()
        if digest_scores(wiring.lake, batch_id=batch_id, model_version=version)
        != details[_SCORE_DIGEST]
    ]
    scores = scan_table(wiring.lake, "scores").select("batch_id", "model_version").unique()
    found = {(batch, version) for batch, version in collect_rows(wiring.lake, scores).iter_rows()}
    unknown = [f"{batch} version {version}" for batch, version in sorted(found - set(results))]
    figures = {
        "result_count": float(len(results)),
        "changed_count": float(len(changed)),
        "unknown_count": float(len(unknown)),
    }
    if unknown:
        told = f"{len(unknown)} results are not on record: {show_examples(unknown)}; if a run was cut short, give it again"
        return Verdict("scores", "alarm", (told,), figures)
    if changed:
        told = show_examples(changed)
        return Verdict(
            "scores", "alarm", (f"{len(changed)} results are not those on record: {told}",), figures
        )
    return Verdict("scores", "ok", (f"{len(results)} results are those on record",), figures)


def _replay_batch(
    wiring: Wiring, entries: Sequence[LedgerEntry], batch_id: str, client_id: str | None
) -> Iterator[Verdict]:
    results = {
        key: details
        for key, details in _read_recorded_results(entries).items()
        if key[0] == batch_id
    }
    if not results:
        raise InputError(
            f"batch {batch_id}",
            found="no scores on record",
            expected="a batch that was scored",
            remedy="Copy the id from `predict`.",
        )
    for (_, version), details in sorted(results.items()):
        bundle = wiring.registry.load_version(wiring.registry.find_version(version))
        if bundle.digest != details["model_digest"]:
            yield Verdict("replay", "alarm", (f"version {version} is not the model on record",))
        elif client_id is None:
            yield _replay_all(wiring, bundle, batch_id, version, details)
        else:
            yield _replay_client(wiring, bundle, batch_id, version, client_id)


def _replay_all(
    wiring: Wiring, bundle: ModelBundle, batch_id: str, version: int, details: Mapping[str, Any]
) -> Verdict:
    found = digest_frames(_score_again(wiring, bundle, batch_id, version))
    if found != details[_SCORE_DIGEST]:
        return Verdict("replay", "alarm", (f"version {version}: the scores do not come out again",))
    return Verdict(
        "replay", "ok", (f"version {version}: every score came out again, to the last bit",)
    )


def _replay_client(
    wiring: Wiring, bundle: ModelBundle, batch_id: str, version: int, client_id: str
) -> Verdict:
    columns = (*KEY, "default_probability", "decision")
    stored = read_scores(wiring.lake, batch_id=batch_id, model_version=version, columns=columns)
    stored = stored.filter(pl.col(CLIENT_ID) == client_id)
    if stored.is_empty():
        raise InputError(
            f"client {client_id[:64]!r}",
            found=f"no score in batch {batch_id}",
            expected="one of its clients",
            remedy="Check the id.",
        )
    again = pl.concat(
        [
            rows.filter(pl.col(CLIENT_ID) == client_id)
            for rows in _score_again(wiring, bundle, batch_id, version)
        ]
    ).select(columns)
    same = stored.sort(KEY).equals(again.sort(KEY))
    told = ", ".join(f"{probability!r}" for probability in again["default_probability"])
    return Verdict(
        "replay",
        "ok" if same else "alarm",
        (
            f"version {version}: the score {'came out again' if same else 'does not come out again'}: {told}",
        ),
    )


def _score_again(
    wiring: Wiring, bundle: ModelBundle, batch_id: str, version: int
) -> Iterator[pl.DataFrame]:
    snapshot = read_snapshot(wiring.lake, batch_id)
    for rows in read_snapshot_rows(snapshot):
        yield score(
            bundle,
            rows,
            model_version=version,
            batch_id=batch_id,
            scored_at=snapshot.origin.kept_at,
        ).frame
