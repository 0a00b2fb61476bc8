"""Let other versions score a batch in the shadow, after the champion: nothing is decided by their scores.

It follows when the champion's scores are committed and on record, and can neither change nor fail
them: a version that cannot score is reported and recorded, and the others go on. Idempotent, as
each version scores a batch once; what a crash left undone is done when the batch is scored again.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.queries import has_scores
from credit_default.errors import CreditDefaultError, RefusedError
from credit_default.gates.ledger.batch_events import ShadowFailed
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.pinned_champion import MLFLOW_GATE
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.shadow_scores import score_version_in_shadow
from credit_default.services.scoring.shadow_versions import find_shadow_versions
from credit_default.views.summaries.summary import Summary

GATE: Final = "shadow"

_LOG = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """What became of one batch in the shadow.

    Attributes:
        scored_counts: Rows by version, of the versions that have scored it by now.
        faults: What went wrong, by version; empty where nothing did.
        postponed: Versions that were not begun, as the policy's time was used up.
        seconds: How long this run took.
    """

    scored_counts: Mapping[int, int]
    faults: Mapping[int, str]
    postponed: tuple[int, ...]
    seconds: float


def add_shadow_scores(wiring: Wiring, summary: Summary, *, clock: Clock) -> Summary:
    """Let other versions score the batch of this summary, and return the summary with what became of it.

    Nothing is done where MLflow did not answer when the batch was scored: its versions are there. An
    error never fails the batch: it becomes a verdict `watch` of the gate `shadow`.
    """
    policy = wiring.settings.shadow
    is_off = policy.newest_versions + policy.former_months == 0
    if is_off or summary.find_verdict(MLFLOW_GATE) is not None:
        return summary
    batch_id, champion = str(summary.batch_id), int(summary.model_version or 0)
    try:
        run = score_in_shadow(wiring, batch_id, champion=champion, clock=clock)
    except CreditDefaultError as error:
        _LOG.warning("not scored in the shadow batch_id=%s: %s", batch_id, error)
        return report_failed_shadow(summary, str(error))
    reasons = _list_shortfalls(run)
    verdicts = (Verdict(GATE, "watch", reasons),) if reasons else ()
    return replace(
        summary,
        verdicts=(*summary.verdicts, *verdicts),
        notes=(*summary.notes, *_describe_shadow_run(run)),
    )


def report_failed_shadow(summary: Summary, fault: str) -> Summary:
    """Return the summary of a scored batch with a verdict that it was not scored in the shadow, and why."""
    reason = f"not scored in the shadow: {fault}; scoring the batch again tries it again"
    return replace(summary, verdicts=(*summary.verdicts, Verdict(GATE, "watch", (reason,))))


def score_in_shadow(wiring: Wiring, batch_id: str, *, champion: int, clock: Clock) -> ShadowRun:
    """Let other versions score a batch that this version, the champion, has scored.

    A challenger that is refused for its structure is passed over, and the next one takes its place.

    Args:
        wiring: The lake, the registry and the policy.
        batch_id: The batch.
        champion: The version whose scores are committed.
        clock: Returns the time, to put on record and to keep within the policy's seconds.

    Raises:
        ServiceError: The lake or MLflow does not answer.
    """
    snapshot = read_snapshot(wiring.lake, batch_id)
    work = _ShadowWork(wiring, snapshot, clock, begun_at=clock())
    versions = find_shadow_versions(wiring, snapshot, champion_number=champion)
    for version in versions.former:
        work.score(version)
    taken_count = 0
    for version in versions.challengers:
        if taken_count == versions.challenger_limit:
            break
        taken_count += work.score(version)
    return ShadowRun(work.scored_counts, work.faults, tuple(work.postponed), work.measure_seconds())


def _describe_shadow_run(run: ShadowRun) -> tuple[str, ...]:
    """Return a note on who scored how many rows, and what it cost; empty where nobody did."""
    if not run.scored_counts:
        return ()
    counts = ", ".join(
        f"version {number} {count:,} rows" for number, count in run.scored_counts.items()
    )
    told = f"scored in the shadow, where nothing is decided: {counts}, in {run.seconds:.1f} s"
    return (told,)


def _list_shortfalls(run: ShadowRun) -> tuple[str, ...]:
    """Return what went wrong in the shadow, and what is left to do."""
    faults = [
        f"version {number} did not score in the shadow: {fault}"
        for number, fault in run.faults.items()
    ]
    if not run.postponed:
        return tuple(faults)
    numbers = ", ".join(map(str, run.postponed))
    left = (
        f"not scored in the shadow by version {numbers}, as shadow.seconds were used up; "
        "scoring the batch again does it"
    )
    return (*faults, left)


@dataclass(slots=True)
class _ShadowWork:
    """The shadow scoring of one batch, version by version."""

    wiring: Wiring
    snapshot: Snapshot
    clock: Clock
    begun_at: dt.datetime
    scored_counts: dict[int, int] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    postponed: list[int] = field(default_factory=list)

    def measure_seconds(self) -> float:
        """Return the seconds since the work began."""
        return (self.clock() - self.begun_at).total_seconds()

    def score(self, version: ModelVersion) -> bool:
        """Let the version score the batch, unless it has as a champion; return False where its structure is refused."""
        batch_id, number = self.snapshot.digest, version.number
        if has_scores(self.wiring.lake, batch_id=batch_id, model_version=number):
            return True
        if self.measure_seconds() > self.wiring.settings.shadow.seconds:
            self.postponed.append(version.number)
            return True
        try:
            self.scored_counts[version.number] = score_version_in_shadow(
                self.wiring, self.snapshot, version, scored_at=self.clock()
            )
        except RefusedError:
            return False
        except CreditDefaultError as error:
            self.faults[version.number] = str(error)
            _record_fault(self.wiring, self.snapshot, version, error, at=self.clock())
        return True


def _record_fault(
    wiring: Wiring,
    snapshot: Snapshot,
    version: ModelVersion,
    error: CreditDefaultError,
    *,
    at: dt.datetime,
) -> None:
    batch_id, number, fault = snapshot.digest, version.number, type(error).__name__
    _LOG.warning(
        "not scored in the shadow batch_id=%s model_version=%d: %s", batch_id, number, error
    )
    append_ledger_entry(
        wiring,
        ShadowFailed(fault=fault),
        key=f"{ShadowFailed.name} {batch_id} v{number} {fault}",
        batch_id=batch_id,
        model_version=number,
        at=at,
    )
