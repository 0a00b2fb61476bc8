"""Keep the register of attempts: which challengers were compared with the champion on which rows.

The register is the ledger itself. An attempt is recorded with what became of the challenger, and counted from there.
"""

from dataclasses import replace
from typing import Final, TypeVar

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import (
    ApprovalRequested,
    ChampionKept,
    ContestOutcome,
    Promoted,
)
from credit_default.gates.promotion.attempts import Attempt, ContestRows, count_attempt
from credit_default.model.estimator.digest import digest_frame, sort_rows

DEVELOPMENT_SIDE: Final = "development"
TEST_SIDE: Final = "test"
_Outcome = TypeVar("_Outcome", bound=ContestOutcome)


def describe_contest_rows(rows: pl.DataFrame, *, side: str) -> ContestRows:
    """Return what the ledger says of the rows of a comparison: digest and months, no client.

    Args:
        rows: Rows with outcomes, in any order.
        side: The side of the split that they are from.
    """
    counts = rows.group_by(STATEMENT_MONTH).len().sort(STATEMENT_MONTH)
    keys = sort_rows(rows).select(CLIENT_ID, STATEMENT_MONTH, OUTCOME)
    return ContestRows(side, digest_frame(keys), dict(counts.iter_rows()))


def number_attempt(lake: Lake, rows: ContestRows, *, model_digest: str) -> Attempt:
    """Return the attempt of this challenger on these rows, numbered after those that the ledger has."""
    return count_attempt(rows, model_digest=model_digest, earlier=list_attempts(lake))


def list_attempts(lake: Lake) -> tuple[Attempt, ...]:
    """Return the attempts on record, the oldest first; entries of older ledgers do not name any."""
    kinds = (Promoted, ApprovalRequested, ChampionKept)
    found = select_events(read_entries(lake, events=[kind.name for kind in kinds]), *kinds)
    return tuple(
        Attempt(
            ContestRows(
                event.contest_side or "",
                event.contest_digest,
                {month: int(count) for month, count in event.contest_rows.items()},
            ),
            event.model_digest,
            event.attempt or 1.0,
        )
        for event in (recorded.event for recorded in found)
        if event.contest_digest is not None
    )


def add_attempt(event: _Outcome, attempt: Attempt | None) -> _Outcome:
    """Return the event with the attempt that was spent; unchanged where none was."""
    if attempt is None:
        return event
    return replace(
        event,
        contest_digest=attempt.rows.digest,
        contest_side=attempt.rows.side,
        contest_rows=dict(attempt.rows.month_counts),
        attempt=attempt.number,
    )
