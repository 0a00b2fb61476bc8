"""A person's decision about one client that differs from the model's: never a change of the score."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One override as the table `overrides` has it.

    The last override of a batch, version, client and month is in force. One whose decision is the
    scored one takes an earlier one back.
    """

    batch_id: str
    model_version: int
    client_id: str
    statement_month: str  # YYYY-MM
    scored_decision: str  # `accept` or `decline`
    decision: str  # likewise
    reason: str
    decided_by: str
    decided_at: str  # ISO 8601, UTC
    salt: str  # a secret of this row, so that its digest tells nothing once the row is erased

    def compute_digest(self) -> str:
        """Return the sha256 of all fields, as hex."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()
