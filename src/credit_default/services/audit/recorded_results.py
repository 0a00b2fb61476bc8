"""What the ledger says of each batch's scores, and whether the scores in the lake are those."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.adapters.tables.score_digests import NO_SCORES, digest_results
from credit_default.errors import ServiceError, show_examples
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.erasure_events import ScoresErased
from credit_default.gates.ledger.event_format import read_event
from credit_default.gates.verdict import Verdict

_GATE: Final = "scores"
RESULT_EVENTS: Final = (Scored.name, ScoresErased.name)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedResult:
    """What the ledger says of a batch's scores under one model version."""

    batch_id: str
    model_version: int
    model_digest: str  # "" where the ledger has an erasure of the scores and not the scoring
    scores_digest: str  # the newest, as an erasure changes it


def read_recorded_results(entries: Sequence[LedgerEntry]) -> tuple[RecordedResult, ...]:
    """Return what is on record of each batch and model version, in the order of their first entries.

    An entry that was changed beyond reading leaves its result without digests, which no scores match.
    """
    results: dict[tuple[str, int], RecordedResult] = {}
    for entry in entries:
        if not (Scored.matches(entry) or ScoresErased.matches(entry)):
            continue
        key = (entry.batch_id, entry.model_version)
        nothing_known = RecordedResult(*key, "", "")
        try:
            results[key] = _read_recorded_result(entry, results.get(key, nothing_known))
        except ServiceError as error:
            _LOG.warning("entry cannot be read sequence=%d: %s", entry.sequence, error)
            results[key] = nothing_known
    return tuple(results.values())


def _read_recorded_result(entry: LedgerEntry, before: RecordedResult) -> RecordedResult:
    """Return what is on record after this entry, which is about a scoring or an erasure of scores."""
    if Scored.matches(entry):
        scored = read_event(entry, Scored)
        return replace(before, model_digest=scored.model_digest, scores_digest=scored.scores_digest)
    return replace(before, scores_digest=read_event(entry, ScoresErased).scores_digest)


def judge_scores(lake: Lake, results: Sequence[RecordedResult]) -> Verdict:
    """Return `alarm` where a batch's scores are not those on record, or are not on record at all.

    The table of scores is read once.
    """
    found = digest_results(lake)
    known = {(result.batch_id, result.model_version) for result in results}
    return _judge(results, found, unknown=found.keys() - known)


def judge_new_scores(
    lake: Lake, results: Sequence[RecordedResult], *, recorded: Collection[tuple[str, int]]
) -> Verdict:
    """Return the same of these results alone; of all others only whether they are on record at all.

    Args:
        lake: The lake.
        results: What entries after a noted one say.
        recorded: Every batch and version that the ledger names.
    """
    found = digest_results(lake, batch_ids={result.batch_id for result in results})
    scores = scan_table(lake, "scores").select("batch_id", "model_version").unique()
    every = set(collect_rows(lake, scores).iter_rows())
    return _judge(results, found, unknown=every - set(recorded))


def _judge(
    results: Sequence[RecordedResult],
    found: Mapping[tuple[str, int], str],
    *,
    unknown: Collection[tuple[str, int]],
) -> Verdict:
    changed = [
        f"{result.batch_id} version {result.model_version}"
        for result in results
        if result.scores_digest != found.get((result.batch_id, result.model_version), NO_SCORES)
    ]
    strange = sorted(f"{batch} version {version}" for batch, version in unknown)
    figures = {
        "result_count": float(len(results)),
        "changed_count": float(len(changed)),
        "unknown_count": float(len(strange)),
    }
    if strange:
        reason = (
            f"{len(strange)} results are not on record: {show_examples(strange)}; "
            "if a run was cut short, score the batch again"
        )
    elif changed:
        reason = f"{len(changed)} results are not those on record: {show_examples(changed)}"
    else:
        reason = f"{len(results)} results are those on record"
        return Verdict(_GATE, "ok", (reason,), figures)
    return Verdict(_GATE, "alarm", (reason,), figures)
