"""Who has the champion's seat goes on record: the ledger's last word on it is the registry's, whatever died in between."""

import datetime as dt

from credit_default.adapters.ledger import find_entry, read_entries
from credit_default.adapters.model_versions import REPLACED_TAG, ModelVersion
from credit_default.errors import InputError
from credit_default.gates.ledger import LedgerEntry
from credit_default.services.records import enter
from credit_default.services.wiring import Wiring

PROMOTED, ROLLED_BACK, APPROVAL_REQUESTED = "promoted", "rolled back", "approval requested"
_PROMOTED_AT, _ROLLED_BACK_AT = "promoted_at", "rolled_back_at"  # tags of a version
_SOMEBODY = "a run that died before it could say so"


def enter_seat(wiring: Wiring, *, by: str = _SOMEBODY) -> LedgerEntry | None:
    """The entry for the champion that sits there now, or None where it is the one that the ledger named last.

    Call it after the seat has changed, and before changing it: then a change that a crash kept from the record is made
    up for. `by` says who decided; a person's reason stays with the version in the registry, as it may name somebody.
    """
    champion = wiring.registry.find_champion()
    last = _find_last(wiring)
    if champion is None or champion.number == last:
        return None
    left = _find_rollback(wiring, last, champion)
    came = champion.tags.get(_PROMOTED_AT) or champion.created_at.isoformat()  # an alias set by hand tells no time
    event, at = (ROLLED_BACK, left) if left else (PROMOTED, came)
    return enter(
        wiring, event, key=f"{event} v{champion.number} {at}", at=dt.datetime.fromisoformat(at),
        model_version=champion.number, details={"model_digest": champion.digest, "by": by},
    )  # fmt: skip


def was_seated(wiring: Wiring, version: ModelVersion, *, since: dt.datetime) -> bool:
    """Whether the version came to the seat after that moment, by the record."""
    came = version.tags.get(_PROMOTED_AT)
    if came is None or dt.datetime.fromisoformat(came) < since:
        return False
    return find_entry(wiring.lake, f"{PROMOTED} v{version.number} {came}") is not None


def keep_verdict(version: ModelVersion) -> tuple[str, ...]:
    """What the gate said of the version: a person may overrule it, not erase it."""
    _, _, level = version.tags.get("verdict", "").partition(": ")
    first, *others = version.tags.get("verdict_reasons", "").split("\n")
    return (f"before that: {level}, {first}", *others) if level else ()


def refuse_silence(reason: str) -> None:
    """Nothing, when a reason was given. Raises `InputError` when not."""
    if not reason.strip():
        raise InputError(
            "--reason", found="nothing", expected="why, in words that stand on record",
            remedy="Say who decided and what for.",
        )  # fmt: skip


def _find_last(wiring: Wiring) -> int | None:
    seated = (e.model_version for e in reversed(read_entries(wiring.lake)) if e.event in {PROMOTED, ROLLED_BACK})
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
