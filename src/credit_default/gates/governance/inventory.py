"""The inventory of models as of a date, rebuilt from the ledger alone.

Entries later than the date do not exist for it: the inventory of a past day is the same whenever it
is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import LedgerEvent, read_event
from credit_default.gates.ledger.governance_events import (
    DecisionOverridden,
    FindingClosed,
    FindingOpened,
    VersionReviewed,
)
from credit_default.gates.ledger.version_events import (
    AlarmChanged,
    AlarmClosed,
    AlarmOpened,
    ApprovalRequested,
    ChallengerJudged,
    ChampionChanged,
    ChampionKept,
    Promoted,
    PromotionRefused,
    PromotionRequested,
    RolledBack,
)

Status = Literal["champion", "former champion", "approval requested", "challenger"]

_KINDS: Final = (
    Promoted,
    RolledBack,
    ChampionKept,
    ApprovalRequested,
    PromotionRequested,
    PromotionRefused,
    Scored,
    AlarmOpened,
    AlarmClosed,
    DecisionOverridden,
    FindingOpened,
    FindingClosed,
    VersionReviewed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryLine:
    """What the ledger says of one model version as of a date; "" and 0 where it says nothing."""

    model_version: int
    status: Status = "challenger"
    model_digest: str = ""
    first_recorded_at: str = ""  # ISO 8601, UTC
    champion_since: str = ""  # the last time it became the champion
    batch_count: int = 0
    scored_count: int = 0
    last_scored_at: str = ""
    override_count: int = 0  # decisions of people that differ from the scored one
    open_alarms: tuple[str, ...] = ()  # gates
    findings: tuple[FindingOpened, ...] = ()  # open ones
    tier: int = 0
    opinion: str = ""
    reviewed_at: str = ""
    next_review: str = ""  # YYYY-MM-DD

    def count_findings(self, severity: str) -> int:
        """Return how many findings of that severity are open."""
        return sum(finding.severity == severity for finding in self.findings)

    def list_overdue(self, as_of: str) -> tuple[str, ...]:
        """Return what is overdue on that day: ids of open findings, and `review`."""
        late = [finding.finding_id for finding in self.findings if finding.due < as_of]
        review = ["review"] if self.next_review and self.next_review < as_of else []
        return (*late, *review)


@dataclass(slots=True)
class _Inventory:
    """The lines as they grow, entry by entry."""

    lines: dict[int, InventoryLine] = field(default_factory=dict)

    def apply(self, entry: LedgerEntry, event: LedgerEvent) -> None:
        number = entry.model_version
        line = self.lines.get(
            number, InventoryLine(model_version=number, first_recorded_at=entry.at)
        )
        if isinstance(event, ChampionChanged):
            self._end_champion()
        self.lines[number] = _update(line, entry, event)

    def _end_champion(self) -> None:
        for number, line in self.lines.items():
            if line.status == "champion":
                self.lines[number] = replace(line, status="former champion")


def rebuild_inventory(entries: Iterable[LedgerEntry], *, as_of: str) -> tuple[InventoryLine, ...]:
    """Return a line for each model version that the ledger knew at the end of that day (UTC), newest first.

    Args:
        entries: The ledger's entries by their sequence; the chain is not checked here.
        as_of: The last day that counts, YYYY-MM-DD.

    Raises:
        ServiceError: The details of an entry cannot be read.
    """
    inventory = _Inventory()
    for entry in entries:
        kind = next((kind for kind in _KINDS if kind.matches(entry)), None)
        if kind is not None and entry.model_version and entry.at[:10] <= as_of:
            inventory.apply(entry, read_event(entry, kind))
    return tuple(line for _, line in sorted(inventory.lines.items(), reverse=True))


def count_overdue(lines: Sequence[InventoryLine], *, as_of: str) -> int:
    """Return how many findings and reviews of all versions are overdue on that day."""
    return sum(len(line.list_overdue(as_of)) for line in lines)


def _update(line: InventoryLine, entry: LedgerEntry, event: LedgerEvent) -> InventoryLine:
    match event:
        case ChampionChanged():
            return replace(
                line,
                status="champion",
                champion_since=entry.at,
                model_digest=event.model_digest or line.model_digest,
            )
        case ChallengerJudged() | PromotionRequested() | PromotionRefused():
            return replace(line, status=_find_status(line, event), model_digest=event.model_digest)
        case Scored():
            return replace(
                line,
                batch_count=line.batch_count + 1,
                scored_count=line.scored_count + event.scored_count,
                last_scored_at=entry.at,
                model_digest=line.model_digest or event.model_digest,
            )
        case AlarmChanged():
            others = tuple(gate for gate in line.open_alarms if gate != event.gate)
            opened = (event.gate,) if isinstance(event, AlarmOpened) else ()
            return replace(line, open_alarms=(*others, *opened))
        case DecisionOverridden():
            differs = event.decision != event.scored_decision
            return replace(line, override_count=line.override_count + (1 if differs else -1))
        case _:
            return _apply_review(line, entry, event)


def _apply_review(line: InventoryLine, entry: LedgerEntry, event: LedgerEvent) -> InventoryLine:
    match event:
        case FindingOpened():
            return replace(line, findings=(*line.findings, event))
        case FindingClosed():
            rest = (f for f in line.findings if f.finding_id != event.finding_id)
            return replace(line, findings=tuple(rest))
        case VersionReviewed():
            return replace(
                line,
                tier=event.tier,
                opinion=event.opinion,
                next_review=event.next_review,
                reviewed_at=entry.at,
            )
        case _:
            return line


def _find_status(line: InventoryLine, event: LedgerEvent) -> Status:
    """Return the status after the verdict on a challenger, or a person's request to promote it or refusal."""
    if line.status in ("champion", "former champion") or isinstance(event, ChampionKept):
        return line.status
    return "challenger" if isinstance(event, PromotionRefused) else "approval requested"
