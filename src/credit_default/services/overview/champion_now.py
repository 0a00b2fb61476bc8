"""The champion as the page Now shows it: since when, and by whose decision.

The ledger says when and in which role; names and reasons are kept with the version in the registry.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.version_verdict import read_version_verdict
from credit_default.adapters.tables.ledger import read_entries
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import ChampionChanged, Promoted, RolledBack
from credit_default.services.batches.figure_words import leave_settings_out
from credit_default.services.context.wiring import Wiring

_ROLES: Final[Mapping[str, str]] = {
    "gate": "the promotion gate",
    "a person": "one person",
    "a requester and an approver": "two people",
}


@dataclass(frozen=True, slots=True)
class ChampionNow:
    """The version that scores, as the ledger named it last."""

    version: int
    since: dt.datetime | None  # None where only the lake's pinned copy names it
    decided_by: str  # a role
    was_rolled_back: bool = False


def find_champion_now(wiring: Wiring) -> ChampionNow | None:
    """Return the champion that the ledger named last, or else the one pinned in the lake; None where there was none."""
    entries = read_entries(wiring.lake, events=(Promoted.name, RolledBack.name))
    changes = tuple(select_events(entries, Promoted, RolledBack))
    if changes:
        last = changes[-1]
        event: ChampionChanged = last.event
        return ChampionNow(
            last.entry.model_version,
            dt.datetime.fromisoformat(last.entry.at),
            _ROLES.get(event.by, event.by or "a decision of an earlier version of this package"),
            last.entry.event == RolledBack.name,
        )
    pointer = read_champion_pointer(wiring.lake)
    return None if pointer is None else ChampionNow(pointer.model_version, None, "")


def describe_approval(version: ModelVersion) -> str:
    """Return who decided on the version and why, as its tags in the registry keep it; "" where they do not say."""
    tags = version.tags
    if tags.get("approved_by") and tags.get("requested_by"):
        return (
            f"requested by {tags['requested_by']} ({tags.get('requested_because', '')}), "
            f"approved by {tags['approved_by']} ({tags.get('approved_because', '')})"
        )
    verdict = read_version_verdict(tags)
    return "" if verdict is None else leave_settings_out(verdict.reason)
