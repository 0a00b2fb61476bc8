"""Findings about model versions, and the reviews that give an opinion on them."""

from dataclasses import dataclass
from typing import Final

SEVERITIES: Final = ("high", "medium", "low")
OPINIONS: Final = ("fit for use", "fit with conditions", "not fit for use")
TIERS: Final = (1, 2, 3)  # 1 is the most material


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault of a model version that a reviewer found; "" for what is not known yet."""

    finding_id: str
    model_version: int
    severity: str  # one of SEVERITIES
    title: str
    owner: str  # who has to see to it
    due: str  # YYYY-MM-DD
    opened_by: str
    opened_at: str  # ISO 8601, UTC
    closed_by: str = ""
    closed_because: str = ""
    closed_at: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether nobody has closed it."""
        return not self.closed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A reviewer's opinion on a model version."""

    model_version: int
    tier: int  # one of TIERS
    opinion: str  # one of OPINIONS
    reason: str
    next_review: str  # YYYY-MM-DD
    reviewed_by: str
    reviewed_at: str  # ISO 8601, UTC
