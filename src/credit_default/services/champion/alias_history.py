"""Record who the champion is: every change of the registry's alias gets one entry in the ledger.

The registry is changed first and the ledger after it. Where a run dies between the two, the next
call finds that the registry names another champion than the ledger does, and records the change.
`services.champion.versions` and `services.training.register_and_promote` change the alias.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.pinned_champion import (
    read_announced_change,
    write_announced_change,
)
from credit_default.adapters.mlflow.model_versions import REPLACED_TAG, ModelVersion
from credit_default.adapters.mlflow.version_verdict import (
    read_version_attempt,
    read_version_verdict,
    rebuild_verdict,
)
from credit_default.adapters.tables.ledger import find_entry, read_entries
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import (
    ApprovalRequested,
    ChampionChanged,
    Promoted,
    RolledBack,
)
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.contest_attempts import add_attempt
from credit_default.services.champion.pinned_champion import pin_version
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring

PROMOTED: Final = Promoted.name  # the decision on a version, as summaries show it
APPROVAL_REQUESTED: Final = ApprovalRequested.name
_PROMOTED_AT: Final = "promoted_at"  # tags of a version
_ROLLED_BACK_AT: Final = "rolled_back_at"
_UNKNOWN_DECIDER: Final = "a run that died before it could say so"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordedChampionChange:
    """A change of the champion as the ledger has it, and which version was champion before.

    None for the first one.
    """

    entry: LedgerEntry
    event: ChampionChanged
    previous_version: int | None


def record_champion_change(wiring: Wiring, *, by: str = _UNKNOWN_DECIDER) -> LedgerEntry | None:
    """Record the present champion in the ledger, unless it is the one that the ledger named last.

    Call it before the alias is changed, so that a change which an earlier run could not record is
    not lost, and again after it. The champion's verified bundle is pinned in the lake first, for
    outages of MLflow. `by` is the role that decided; a person's name and reason are kept
    with the version in the registry, not in the ledger.

    Returns:
        The new entry, or None where there is no champion or it is on record already.
    """
    champion = wiring.registry.find_champion()
    last = _find_last_champion(wiring.lake)
    if champion is None or champion.number == last:
        return None
    left_at = _find_rollback_time(wiring, last, champion)
    # an alias that was set by hand has no time of its own
    came_at = champion.tags.get(_PROMOTED_AT) or champion.created_at.isoformat()
    kind, moment = (RolledBack, left_at) if left_at else (Promoted, came_at)
    attempt = None if left_at else read_version_attempt(champion.tags)
    event = add_attempt(kind(model_digest=champion.digest, by=by), attempt)
    entry = _pin_and_append(wiring, champion, event, moment=moment)
    _LOG.info("recorded champion model_version=%d event=%s", champion.number, entry.event)
    return entry


def _pin_and_append(
    wiring: Wiring, champion: ModelVersion, event: ChampionChanged, *, moment: str
) -> LedgerEntry:
    at = dt.datetime.fromisoformat(moment)
    pin_version(wiring, champion, at=at)
    hit_failpoint("seat.pinned")
    entry = append_ledger_entry(
        wiring,
        event,
        key=f"{event.name} v{champion.number} {moment}",
        at=at,
        model_version=champion.number,
    )
    hit_failpoint("seat.recorded")
    return entry


def list_unannounced_changes(lake: Lake) -> tuple[RecordedChampionChange, ...]:
    """Return the changes on record since the last one that was announced, the oldest first.

    Where none was ever announced, only the last change is returned: those before it are history.
    """
    recorded = tuple(select_events(_read_changes(lake), Promoted, RolledBack))
    previous = [None, *(change.entry.model_version for change in recorded)]
    changes = [
        RecordedChampionChange(change.entry, change.event, before)
        for change, before in zip(recorded, previous[:-1], strict=True)
    ]
    announced = read_announced_change(lake)
    keys = [change.entry.key for change in changes]
    place = keys.index(announced) if announced in keys else len(changes) - 2
    return tuple(changes[place + 1 :]) if changes else ()


def record_announced_change(lake: Lake, change: RecordedChampionChange) -> None:
    """Remember that changes of the champion have been announced up to this one."""
    write_announced_change(lake, change.entry.key)


def was_promoted(lake: Lake, version: ModelVersion, *, since: dt.datetime) -> bool:
    """Return whether the ledger has a promotion of the version at that time or after it."""
    came_at = version.tags.get(_PROMOTED_AT)
    if came_at is None or dt.datetime.fromisoformat(came_at) < since:
        return False
    return find_entry(lake, f"{Promoted.name} v{version.number} {came_at}") is not None


def describe_gate_verdict(version: ModelVersion) -> tuple[str, ...]:
    """Return the promotion gate's verdict on the version with its reasons; empty where it was not judged.

    It is recorded with a person's decision: a person may overrule the gate, but not remove its
    verdict from the record.
    """
    verdict = read_version_verdict(version.tags)
    if verdict is None:
        return ()
    return (f"before that: {verdict.level}, {verdict.reason}", *verdict.evidence)


def build_persons_verdict(version: ModelVersion, *reasons: str) -> Verdict:
    """Return the verdict of people who promote the version: their reasons first, then the gate's verdict with its figures."""
    before = rebuild_verdict(version.tags)
    figures = before.figures if before else {}
    return Verdict("promotion", "ok", (*reasons, *describe_gate_verdict(version)), figures)


def require_reason(reason: str) -> None:
    """Check that a reason was given.

    Raises:
        InputError: It is empty or blank.
    """
    if not reason.strip():
        raise InputError(
            "--reason",
            found="nothing",
            expected="a text that says why, for the record",
            remedy="Say who decided and why.",
        )


def _read_changes(lake: Lake) -> tuple[LedgerEntry, ...]:
    return read_entries(lake, events=(Promoted.name, RolledBack.name))


def _find_last_champion(lake: Lake) -> int | None:
    """Return the champion that the ledger named last."""
    changes = select_events(reversed(_read_changes(lake)), Promoted, RolledBack)
    return next((change.entry.model_version for change in changes), None)


def _find_rollback_time(wiring: Wiring, last: int | None, champion: ModelVersion) -> str | None:
    """Return when version `last` was rolled back to this champion.

    None where the champion was promoted instead.
    """
    departed = next((v for v in wiring.registry.list_versions() if v.number == last), None)
    if departed is None or departed.tags.get(REPLACED_TAG) != str(champion.number):
        return None
    left_at, came_at = departed.tags.get(_ROLLED_BACK_AT), champion.tags.get(_PROMOTED_AT)
    if left_at is None:
        return None
    is_newer = came_at and dt.datetime.fromisoformat(came_at) > dt.datetime.fromisoformat(left_at)
    return None if is_newer else left_at
