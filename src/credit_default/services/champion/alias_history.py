"""Who has the champion's seat goes on record: the ledger's last word on it is the registry's, whatever died in between."""

import datetime as dt
from dataclasses import dataclass

from credit_default.adapters.lake.pinned_champion import (
    read_announced_change,
    write_announced_change,
)
from credit_default.adapters.mlflow.model_versions import REPLACED_TAG, ModelVersion
from credit_default.adapters.tables.ledger import find_entry, read_entries
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger import LedgerEntry
from credit_default.services.champion.pinned_champion import pin_version
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring

PROMOTED, ROLLED_BACK, APPROVAL_REQUESTED = "promoted", "rolled back", "approval requested"
_PROMOTED_AT, _ROLLED_BACK_AT = "promoted_at", "rolled_back_at"  # tags of a version
_UNKNOWN_DECIDER = "a run that died before it could say so"


@dataclass(frozen=True, slots=True)
class RecordedChampionChange:
    """An entry of the ledger about the seat, and which version sat there before."""

    entry: LedgerEntry
    previous_version: int | None


def record_champion_change(wiring: Wiring, *, by: str = _UNKNOWN_DECIDER) -> LedgerEntry | None:
    """The entry for the champion that sits there now, or None where it is the one that the ledger named last.

    Before it is on record its bundle is pinned in the lake, for days when MLflow is away.
    Call it after the seat has changed, and before changing it: then a change that a crash kept from the record is made
    up for. `by` says who decided; a person's reason stays with the version in the registry, as it may name somebody.
    """
    champion = wiring.registry.find_champion()
    last = _find_last(wiring)
    if champion is None or champion.number == last:
        return None
    left = _find_rollback(wiring, last, champion)
    came = (
        champion.tags.get(_PROMOTED_AT) or champion.created_at.isoformat()
    )  # an alias set by hand tells no time
    event, at = (ROLLED_BACK, left) if left else (PROMOTED, came)
    pin_version(wiring, champion, at=dt.datetime.fromisoformat(at))
    hit_failpoint("seat.pinned")
    return append_ledger_entry(
        wiring,
        event,
        key=f"{event} v{champion.number} {at}",
        at=dt.datetime.fromisoformat(at),
        model_version=champion.number,
        details={"model_digest": champion.digest, "by": by},
    )


def list_unannounced_changes(wiring: Wiring) -> tuple[RecordedChampionChange, ...]:
    """The moves of the seat on record since the one that others were told of last, oldest first.

    Where none was told yet it is the last one alone: what came before has long been seen.
    """
    entries = [
        entry for entry in read_entries(wiring.lake) if entry.event in {PROMOTED, ROLLED_BACK}
    ]
    versions = [None, *(entry.model_version for entry in entries)]
    moves = [
        RecordedChampionChange(entry, previous)
        for entry, previous in zip(entries, versions[:-1], strict=True)
    ]
    told = read_announced_change(wiring.lake)
    place = next(
        (number for number, move in enumerate(moves) if move.entry.key == told), len(moves) - 2
    )
    return tuple(moves[place + 1 :]) if moves else ()


def record_announced_change(wiring: Wiring, move: RecordedChampionChange) -> None:
    """Nothing; others were told of the seat's moves up to this one."""
    write_announced_change(wiring.lake, move.entry.key)


def was_promoted(wiring: Wiring, version: ModelVersion, *, since: dt.datetime) -> bool:
    """Whether the version came to the seat after that moment, by the record."""
    came = version.tags.get(_PROMOTED_AT)
    if came is None or dt.datetime.fromisoformat(came) < since:
        return False
    return find_entry(wiring.lake, f"{PROMOTED} v{version.number} {came}") is not None


def describe_gate_verdict(version: ModelVersion) -> tuple[str, ...]:
    """What the gate said of the version: a person may overrule it, not erase it."""
    _, _, level = version.tags.get("verdict", "").partition(": ")
    first, *others = version.tags.get("verdict_reasons", "").split("\n")
    return (f"before that: {level}, {first}", *others) if level else ()


def require_reason(reason: str) -> None:
    """Nothing, when a reason was given. Raises `InputError` when not."""
    if not reason.strip():
        raise InputError(
            "--reason",
            found="nothing",
            expected="why, in words that stand on record",
            remedy="Say who decided and what for.",
        )


def _find_last(wiring: Wiring) -> int | None:
    seated = (
        e.model_version
        for e in reversed(read_entries(wiring.lake))
        if e.event in {PROMOTED, ROLLED_BACK}
    )
    return next(seated, None)


def _find_rollback(wiring: Wiring, last: int | None, champion: ModelVersion) -> str | None:
    """When version `last` was rolled back to this champion; None where the champion was promoted instead."""
    departed = next((v for v in wiring.registry.list_versions() if v.number == last), None)
    if departed is None or departed.tags.get(REPLACED_TAG) != str(champion.number):
        return None
    left, came = departed.tags.get(_ROLLED_BACK_AT), champion.tags.get(_PROMOTED_AT)
    if left is None or (came and dt.datetime.fromisoformat(came) > dt.datetime.fromisoformat(left)):
        return None
    return left
