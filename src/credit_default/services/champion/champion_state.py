"""What a person saw of the champion when deciding, and the lock in which the champion is changed.

A page or a form may be minutes old. It carries what it showed; the act compares that with what is true in the lock that
every change of the champion takes, so that of two people at once exactly one changes it. The lock is this machine's:
on several machines, the comparison alone remains.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError, RefusedError
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.version_events import Promoted, RolledBack
from credit_default.services.champion.promotion_requests import find_request
from credit_default.services.context.wiring import Wiring

CHANGES: Final = (Promoted.name, RolledBack.name)
_LOCK: Final = "champion"


@dataclass(frozen=True, slots=True)
class ChampionState:
    """Who is champion, by which entry of the ledger, and when the promotion of a version was requested.

    Attributes:
        number: The champion's version; 0 for none.
        change: The sequence of the ledger's last change of the champion; 0 for none.
        requested_at: When the promotion that a person decides on was requested, in ISO form; "" where there is no request.
    """

    number: int
    change: int
    requested_at: str = ""

    def format(self) -> str:
        """Return the state as one word, for a form to carry."""
        return f"{self.number}.{self.change}.{self.requested_at}"


def parse_champion_state(text: str) -> ChampionState:
    """Return the state that a form carries.

    Raises:
        InputError: It is none.
    """
    number, _, rest = text.partition(".")
    change, _, requested_at = rest.partition(".")
    if not (number.isdecimal() and change.isdecimal() and len(text) < 100):  # noqa: PLR2004
        raise InputError(
            "what the page showed",
            found=repr(text[:40]),
            expected="what the version's page puts into its forms",
            remedy="Open the version's page again, and decide there.",
        )
    return ChampionState(int(number), int(change), requested_at)


def read_champion_state(wiring: Wiring, version: ModelVersion | None = None) -> ChampionState:
    """Return the present state, with the open request for the version's promotion where one is given."""
    champion, last = wiring.registry.find_champion(), find_last_change(wiring)
    request = None if version is None else find_request(wiring.lake, version)
    return ChampionState(
        champion.number if champion else 0,
        last.sequence if last else 0,
        request.at.isoformat() if request else "",
    )


def find_last_change(wiring: Wiring) -> LedgerEntry | None:
    """Return the ledger's last entry about who is champion; None before the first."""
    changes = read_entries(wiring.lake, events=CHANGES)
    return changes[-1] if changes else None


@contextmanager
def lock_champion(wiring: Wiring) -> Iterator[None]:
    """Let nobody else on this machine change the champion, or decide on a request, during the block."""
    with wiring.lake.hold_lock(_LOCK):
        yield


def require_unmoved(
    wiring: Wiring, seen: ChampionState | None, version: ModelVersion | None = None
) -> None:
    """Raise where the champion, or the version's request, is no longer what a person saw; call it in the lock.

    Args:
        wiring: The registry and the ledger.
        seen: What the person saw; None where nobody looked before, as on the command line.
        version: The version whose request was seen; None where the decision is on none.

    Raises:
        RefusedError: It has moved; nothing was changed.
    """
    if seen is None:
        return
    now = read_champion_state(wiring, version)
    if (now.number, now.change) != (seen.number, seen.change):
        raise _build_moved_error(wiring, seen, now)
    if version is not None and now.requested_at != seen.requested_at:
        raise RefusedError(
            f"version {version.number}",
            found="another request than the page showed, or none any more",
            expected="the request that the page showed",
            remedy="Look again, and decide then.",
        )


def _build_moved_error(wiring: Wiring, seen: ChampionState, now: ChampionState) -> RefusedError:
    last = find_last_change(wiring)
    at = f" at {dt.datetime.fromisoformat(last.at):%H:%M} UTC" if last else ""
    return RefusedError(
        "the champion",
        found=f"version {now.number} took the seat{at}" if now.number else "none any more",
        expected=f"version {seen.number}, as the page showed" if seen.number else "none",
        remedy="Nothing was changed: look again, and decide then.",
    )
