"""A client as a page shows one: the score explained, every batch that holds the client, decisions made otherwise, outcomes.

`look_at_client` is the only way to it: it writes who looks into the access log before it returns anything.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.access_log import hash_client
from credit_default.adapters.tables.overrides import read_overrides
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH
from credit_default.errors import CreditDefaultError, InputError
from credit_default.gates.governance.override import Override
from credit_default.model.estimator.decision import ACCEPT, DECLINE
from credit_default.services.context.wiring import Wiring
from credit_default.services.outcomes.coverage import is_early
from credit_default.services.overview.access_entries import Looker, record_look
from credit_default.services.scoring.explain_client import explain_client
from credit_default.views.terminal.explanation import ClientExplanation

_LOG = logging.getLogger(__name__)

CLIENT_PAGE: Final = "client"
_SCORE_COLUMNS: Final = (
    *(CLIENT_ID, STATEMENT_MONTH, "batch_id", "model_version", "default_probability"),
    *("decision", "risk_band", "reasons", "scored_at"),
)


@dataclass(frozen=True, slots=True)
class ClientMonth:
    """One statement of the client as one version scored it, and what became of it."""

    statement_month: str  # YYYY-MM
    batch_id: str
    model_version: int
    default_probability: float
    decision: str  # as scored
    decision_in_force: str  # what a person made of it
    risk_band: str
    reasons: tuple[str, ...]
    outcome: str  # in words
    is_shown: bool  # the score that the page explains


@dataclass(frozen=True, slots=True)
class ClientDetail:
    """A client in one batch, with the history in all others."""

    client_id: str
    batch_id: str
    shown: ClientMonth
    explanation: ClientExplanation | None  # None where the score cannot be explained now
    unexplained: str  # why not; "" where it is
    history: tuple[ClientMonth, ...]  # by month
    overrides: tuple[Override, ...]  # of the client, in every batch, by time

    @property
    def other_decision(self) -> str:
        """The decision that an override could put in place of the one in force."""
        return ACCEPT if self.shown.decision_in_force == DECLINE else DECLINE


def look_at_client(
    wiring: Wiring, client_id: str, *, batch_id: str = "", looker: Looker
) -> ClientDetail:
    """Write who looks into the access log, then return the client.

    Args:
        wiring: The lake and the models.
        client_id: The client, in any spelling that the lake knows.
        batch_id: The batch to explain, or its first 8 digits or more; "" means the newest that holds the client.
        looker: Who looks.

    Raises:
        InputError: No batch, or not this one, holds the client; that is an entry too.
        ServiceError: The access log cannot be written to: nothing is returned then.
    """
    scores = _read_scores(wiring.lake, client_id)
    chosen = _choose_score(scores, batch_id)
    if chosen.is_empty():
        record_look(wiring.lake, looker, page=f"{CLIENT_PAGE}, not found")
        raise _build_not_found_error(batch_id)
    row = chosen.row(-1, named=True)
    found_id, found_batch = str(row[CLIENT_ID]), str(row["batch_id"])
    client_hash = hash_client(wiring.lake, found_id, at=looker.at)
    record_look(
        wiring.lake, looker, page=CLIENT_PAGE, batch_id=found_batch, client_hash=client_hash
    )
    _LOG.info("looked at a client batch_id=%s entry_id=%s", found_batch, looker.entry_id)
    history = _build_history(wiring, scores, found_id, shown=row, now=looker.at)
    explanation, unexplained = _explain(wiring, found_batch, found_id)
    return ClientDetail(
        client_id=found_id,
        batch_id=found_batch,
        shown=next(month for month in history if month.is_shown),
        explanation=explanation,
        unexplained=unexplained,
        history=history,
        overrides=read_overrides(wiring.lake, client_id=found_id),
    )


def _read_scores(lake: Lake, client_id: str) -> pl.DataFrame:
    """Return the client's scores in all batches, by month and time."""
    wanted = pl.col(CLIENT_ID).is_in([client_id, read_client_id(client_id)])
    rows = scan_table(lake, "scores").filter(wanted).select(_SCORE_COLUMNS)
    return collect_rows(lake, rows.sort(STATEMENT_MONTH, "scored_at", "model_version"))


def _choose_score(scores: pl.DataFrame, batch_id: str) -> pl.DataFrame:
    """Return the rows of the batch, the one to be explained last: `find_client_score` takes the same."""
    if not batch_id:
        newest = scores.sort(STATEMENT_MONTH, "scored_at").tail(1).select("batch_id")
        scores = scores.join(newest, on="batch_id", how="semi")
    else:
        scores = scores.filter(pl.col("batch_id").str.starts_with(batch_id))
    return scores.sort("model_version", STATEMENT_MONTH)


def _explain(wiring: Wiring, batch_id: str, client_id: str) -> tuple[ClientExplanation | None, str]:
    """Return the explanation, or why there is none: a server that is away leaves the score as it is."""
    try:
        return explain_client(wiring, batch_id, client_id), ""
    except CreditDefaultError as error:
        return None, f"found {error.found}; expected {error.expected}. {error.remedy}"


def _build_history(
    wiring: Wiring,
    scores: pl.DataFrame,
    client_id: str,
    *,
    shown: dict[str, object],
    now: dt.datetime,
) -> tuple[ClientMonth, ...]:
    outcomes = _read_outcomes(wiring.lake, client_id, now=now)
    decided = {
        (one.batch_id, one.model_version, one.statement_month): one.decision
        for one in read_overrides(wiring.lake, client_id=client_id)
    }
    key = ("batch_id", "model_version", STATEMENT_MONTH)
    wanted = tuple(shown[name] for name in key)
    return tuple(
        ClientMonth(
            statement_month=row[STATEMENT_MONTH],
            batch_id=row["batch_id"],
            model_version=row["model_version"],
            default_probability=row["default_probability"],
            decision=row["decision"],
            decision_in_force=decided.get(tuple(row[name] for name in key), row["decision"]),
            risk_band=row["risk_band"],
            reasons=tuple(row["reasons"]),
            outcome=outcomes.get(row[STATEMENT_MONTH], "not known yet"),
            is_shown=tuple(row[name] for name in key) == wanted,
        )
        for row in scores.iter_rows(named=True)
    )


def _read_outcomes(lake: Lake, client_id: str, *, now: dt.datetime) -> dict[str, str]:
    """Return the client's outcomes in words, by statement month."""
    wanted = pl.col(CLIENT_ID).is_in([client_id, read_client_id(client_id)])
    rows = collect_rows(
        lake,
        scan_table(lake, "outcomes")
        .filter(wanted, pl.col("observed_at") <= now)
        .select(STATEMENT_MONTH, OUTCOME, early=is_early()),
    )
    return {
        month: ("defaulted" if outcome else "paid") + (", may still change" if early else "")
        for month, outcome, early in rows.iter_rows()
    }


def _build_not_found_error(batch_id: str) -> InputError:
    where = f"batch {batch_id[:64]}" if batch_id else "any batch"
    return InputError(
        "the client",
        found=f"no score in {where}",
        expected="a client who was scored",
        remedy="Check the id; a row that was rejected is in the batch's quarantine.",
    )
