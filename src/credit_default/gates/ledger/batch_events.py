"""What the ledger records of batches, from the file to its outcomes.

No event holds a client, a file's name or free text. Fields are stored under their own names or as
`stored_as` says; the form of what is stored never changes (`gates.ledger.event_format`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from credit_default.gates.ledger.event_format import LedgerEvent, stored_as, stored_with_prefix

MLFLOW_AWAY: Final = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested(LedgerEvent):
    """A file's accepted rows were kept as a snapshot: read = accepted + quarantined + already known."""

    name: ClassVar[str] = "ingested"

    input_sha256: str
    object_version: str | None  # of the object in a versioned bucket; None for any other file
    schema_name: str = stored_as("schema")
    schema_version: str
    corrects: str  # batch_id of the batch that the file corrects; "" where it corrects none
    read_count: int = stored_as("read")
    accepted_count: int = stored_as("accepted")
    quarantined_count: int = stored_as("quarantined")
    known_count: int | None = stored_as("in the batch already", default=None)  # of a correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(LedgerEvent):
    """The quality gate refused a file; nothing of it was kept."""

    name: ClassVar[str] = "refused"

    input_sha256: str
    read_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(LedgerEvent):
    """A batch was scored by a model version.

    Shares are 0-1, of the scored rows; losses are in the portfolio's currency.
    """

    name: ClassVar[str] = "scored"

    input_sha256: str
    object_version: str | None
    corrects: str  # batch_id of the batch that the file corrects; "" where it corrects none
    schema_name: str = stored_as("schema")
    schema_version: str
    feature_version: str
    model_digest: str
    threshold: float
    policy_digest: str
    read_count: int
    quarantined_count: int
    scored_count: int
    declined_count: int
    reasons_mode: str = stored_as("reasons", default="none")  # auto, all or none
    reasoned_count: int = 0  # declined rows that were given reasons; older ledgers do not say
    expected_default_share: float
    trained_row_count: int  # rows that the model was trained on
    conversion_factor: float | None = (
        None  # assumed for the expected losses; None where there are none
    )
    loss_given_default: float | None = None
    cure_share: float | None = None  # None where no default was assumed to cure
    expected_losses: Mapping[str, float] = stored_with_prefix("expected_loss ")  # by decision, band
    mlflow: str | None = (
        None  # MLFLOW_AWAY where the pinned champion scored, as MLflow did not answer
    )
    scores_digest: str

    @property
    def declined_share(self) -> float:
        """Return the share of scored rows that were declined, 0-1; 0 where no row was scored."""
        return self.declined_count / self.scored_count if self.scored_count else 0.0

    @property
    def rejected_share(self) -> float:
        """Return the share of the file's rows that broke a rule, 0-1; 0 for a file without rows."""
        return self.quarantined_count / self.read_count if self.read_count else 0.0

    @property
    def known_count(self) -> int:
        """Return how many rows of a correction its batch had already; 0 for other files."""
        rest = self.read_count - self.scored_count - self.quarantined_count
        return rest if self.corrects else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorAlarmed(LedgerEvent):
    """A monitor's verdict on a batch was `alarm`; with the verdict's figures."""

    name: ClassVar[str] = "alarmed"

    gate: str
    figures: Mapping[str, float] = stored_with_prefix("")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesIngested(LedgerEvent):
    """A file of outcomes was merged into those known before."""

    name: ClassVar[str] = "outcomes taken in"

    input_sha256: str
    object_version: str | None
    accepted_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowScored(LedgerEvent):
    """A version other than the champion scored a batch in the shadow; nothing was decided by it."""

    name: ClassVar[str] = "scored in the shadow"

    model_digest: str
    batch_row_count: int
    scored_count: int  # fewer than the batch has where it is longer than the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowFailed(LedgerEvent):
    """A version could not score a batch in the shadow; the batch itself was scored all the same."""

    name: ClassVar[str] = "not scored in the shadow"

    fault: str  # the kind of error, without its text
