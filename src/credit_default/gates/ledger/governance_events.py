"""What the ledger records of people's decisions about clients' decisions and about models.

No event holds a client, a person's name or free text: these are in the tables `overrides`,
`findings` and `reviews`. The form of what is stored never changes (`gates.ledger.event_format`).
"""

from dataclasses import dataclass
from typing import ClassVar

from credit_default.gates.ledger.event_format import LedgerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionOverridden(LedgerEvent):
    """A person decided otherwise about one client than the model's threshold did.

    `record_digest` is that of the row in the table `overrides`, which holds a secret of its own: the
    digest does not lead back to the client once the row is erased.
    """

    name: ClassVar[str] = "decision overridden"

    scored_decision: str
    decision: str
    record_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingOpened(LedgerEvent):
    """A reviewer found a fault of a model version."""

    name: ClassVar[str] = "finding opened"

    finding_id: str
    severity: str
    due: str  # YYYY-MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingClosed(LedgerEvent):
    """A finding was closed."""

    name: ClassVar[str] = "finding closed"

    finding_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReviewed(LedgerEvent):
    """A reviewer gave an opinion on a model version."""

    name: ClassVar[str] = "reviewed"

    tier: int  # 1 is the most material
    opinion: str
    next_review: str  # YYYY-MM-DD
