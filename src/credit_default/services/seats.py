"""Who has the champion's seat goes on record: the ledger's last word on it is the registry's, whatever died in between."""

import datetime as dt

from credit_default.adapters.ledger import read_entries
from credit_default.adapters.model_versions import REPLACED_TAG, ModelVersion
from credit_default.gates.ledger import LedgerEntry
from credit_default.services.records import enter
from credit_default.services.wiring import Wiring

PROMOTED, ROLLED_BACK = "promoted", "rolled back"
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
