"""The ledger's entries about a model version, in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.tables.ledger import read_entries
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import LedgerEvent, read_event
from credit_default.gates.ledger.governance_events import (
    FindingClosed,
    FindingOpened,
    VersionReviewed,
)
from credit_default.gates.ledger.version_events import (
    AlarmClosed,
    AlarmOpened,
    ApprovalRequested,
    ChampionKept,
    ContestOutcome,
    Promoted,
    PromotionRefused,
    PromotionRequested,
    RetrainingRequested,
    RolledBack,
)
from credit_default.services.context.wiring import Wiring

# Not among them: a version's scorings and overrides, which are thousands.
_KINDS: Final[tuple[type[LedgerEvent], ...]] = (
    Promoted,
    RolledBack,
    ChampionKept,
    ApprovalRequested,
    PromotionRequested,
    PromotionRefused,
    AlarmOpened,
    AlarmClosed,
    RetrainingRequested,
    FindingOpened,
    FindingClosed,
    VersionReviewed,
)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the ledger, in words."""

    sequence: int
    at: str  # ISO 8601, UTC
    words: str


def list_version_entries(wiring: Wiring, number: int) -> tuple[EntryLine, ...]:
    """Return what the ledger says of the version's contest, decisions, alarms, findings and reviews, the newest first."""
    entries = read_entries(wiring.lake, events=[kind.name for kind in _KINDS], model_version=number)
    return tuple(_describe_entries(reversed(entries)))


def _describe_entries(entries: Iterable[LedgerEntry]) -> Iterator[EntryLine]:
    for entry in entries:
        kind = next((kind for kind in _KINDS if kind.matches(entry)), None)
        if kind is not None:
            yield EntryLine(entry.sequence, entry.at, describe_event(read_event(entry, kind)))


def describe_event(event: LedgerEvent) -> str:
    """Return what an event about a model version says, as a sentence without its end."""
    match event:
        case ContestOutcome():
            return _describe_contest(event) + _name_attempt(event)
        case PromotionRequested():
            return f"its promotion was requested by {event.by}"
        case PromotionRefused():
            return f"its promotion was refused by {event.by}"
        case AlarmOpened():
            return f"an alarm was opened: {event.gate}, by the statements of {event.month}"
        case AlarmClosed():
            return f"an alarm was closed: {event.gate}, {event.because or event.month}"
        case _:
            return _describe_review(event)


def _describe_contest(event: ContestOutcome) -> str:
    match event:
        case Promoted():
            return f"became the champion, decided by {event.by or 'nobody named'}"
        case RolledBack():
            return (
                f"became the champion again by a rollback, decided by {event.by or 'nobody named'}"
            )
        case ChampionKept():
            return f"did not become the champion: the {event.by} found it {event.level}"
        case ApprovalRequested():
            return f"passed the gate ({event.level}) and waits for two people"
        case _:
            return event.name


def _describe_review(event: LedgerEvent) -> str:
    match event:
        case RetrainingRequested():
            return f"a training was requested after {event.month}, window {event.window}"
        case FindingOpened():
            return f"finding {event.finding_id} was opened: {event.severity}, due {event.due}"
        case FindingClosed():
            return f"finding {event.finding_id} was closed"
        case VersionReviewed():
            return (
                f"was reviewed: tier {event.tier}, {event.opinion}; next review {event.next_review}"
            )
        case _:
            return event.name


def _name_attempt(event: ContestOutcome) -> str:
    return "" if event.attempt is None else f" (attempt {round(event.attempt, 1):g} on its rows)"
