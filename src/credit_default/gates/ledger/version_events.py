"""What the ledger records of model versions: promotions, verdicts, alarms, requests to retrain.

No event holds a person's name or reason: these are kept with the version in the registry. Fields
are stored under their own names; the form of what is stored never changes
(`gates.ledger.event_format`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from credit_default.gates.ledger.event_format import LedgerEvent, stored_with_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestOutcome(LedgerEvent):
    """What became of a challenger, with the rows that it was compared with the champion on.

    The digest is of their keys and outcomes. Older ledgers do not say, nor does an entry about a
    version that was compared with nobody.
    """

    model_digest: str = ""
    contest_digest: str | None = None
    contest_side: str | None = None  # of the split: development or test
    contest_rows: Mapping[str, float] = stored_with_prefix("contest rows ")  # by month, YYYY-MM
    attempt: float | None = None  # on these rows, from 1 on


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionChanged(ContestOutcome):
    """A version became the champion; its subclasses say how."""

    by: str = ""  # the role that decided: the gate, a person, two people; no name


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted(ChampionChanged):
    """A version became the champion by a promotion."""

    name: ClassVar[str] = "promoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack(ChampionChanged):
    """A version became the champion again, as the one after it was rolled back."""

    name: ClassVar[str] = "rolled back"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequested(LedgerEvent):
    """A person asked for a version's promotion, where two people have to agree."""

    name: ClassVar[str] = "promotion requested"

    model_digest: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRefused(LedgerEvent):
    """A person refused a version's promotion that was requested; the champion stays."""

    name: ClassVar[str] = "promotion refused"

    model_digest: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengerJudged(ContestOutcome):
    """The promotion gate judged a challenger that did not become the champion at once."""

    model_digest: str
    level: str  # of the gate's verdict
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested(ChallengerJudged):
    """The challenger passed the gate, and waits for two people to agree."""

    name: ClassVar[str] = "approval requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionKept(ChallengerJudged):
    """The challenger did not pass the gate: the champion stays."""

    name: ClassVar[str] = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChanged(LedgerEvent):
    """An alarm on a model version was opened or closed; its subclasses say which."""

    gate: str
    month: str  # the statement month, YYYY-MM, that opened or closed it
    because: str  # why it was closed; "" while it is open


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOpened(AlarmChanged):
    """A monitor's alarm was opened."""

    name: ClassVar[str] = "alarm opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmClosed(AlarmChanged):
    """A monitor's alarm was closed."""

    name: ClassVar[str] = "alarm closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingRequested(LedgerEvent):
    """The retraining policy asked for a training."""

    name: ClassVar[str] = "retraining requested"

    month: str  # the newest monitored statement month, YYYY-MM
    window: str  # the training window: expanding or sliding
