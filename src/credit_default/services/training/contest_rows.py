"""Choose the rows on which a retrained model and the champion are compared as they are: new to both of them.

Out of time where possible: on months after the last one that the challenger learned from, as both
models will be used. Where there is none yet, on held-out clients of the newest months; and where
these are few, as in a new regime, on the other clients of those months too, out of fold.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.known_rows import read_known_rows

# later rows are too few to judge by below these: with known outcomes, and of each outcome
_FEWEST_ROWS: Final = 200
_FEWEST_OF_EACH: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class ContestRows:
    """The rows of a contest, and in words which they are, for the verdict."""

    rows: pl.DataFrame  # new to both models
    description: str
    # development rows of the same months, new to the champion alone; none where `rows` are enough
    learned: pl.DataFrame
    is_out_of_time: bool = False  # of months after those that the challenger learned from


def choose_contest_rows(
    wiring: Wiring,
    sides: Split,
    *,
    champion: ModelBundle,
    data_origin: str,
    now: dt.datetime,
    with_learned: bool = False,
) -> ContestRows:
    """Return the rows to compare a retrained model with the champion on, none of which either learned from.

    Args:
        wiring: The lake, which may know outcomes of later months than the training rows hold, and the
            settings.
        sides: The rows that the challenger was fitted and tested on.
        champion: The champion's bundle.
        data_origin: The challenger's: rows of the other origin are not compared.
        now: The time, by which outcomes are due or not.
        with_learned: Whether rows that the challenger learned from can be compared, as it has
            out-of-fold probabilities of them.

    Returns:
        Rows of months after the challenger's last one, of the test side or of the lake, where there
        are enough of them; else those of the test side. Of either the newest months. Where the test
        side has fewer than the settings ask for, the development rows of its months beside them.
    """
    row_count = wiring.settings.refresh.contest_row_count
    last = str(sides.development[STATEMENT_MONTH].max())
    unseen = sides.test.filter(pl.Series(find_unseen(sides.test, champion)))
    later = unseen.filter(pl.col(STATEMENT_MONTH) > last)
    if later.is_empty():
        known = _read_later_rows(wiring, last, data_origin, now=now)
        later = known.filter(pl.Series(find_unseen(known, champion), dtype=pl.Boolean))
    if _are_enough(later):
        rows = select_newest(later, row_count=row_count)
        return ContestRows(
            rows,
            f"out of time: months after the challenger's last ({last}): {_name_months(rows)}",
            sides.development.clear(),
            is_out_of_time=True,
        )
    rows = select_newest(unseen, row_count=row_count)
    learned = sides.development.clear()
    if with_learned and rows.height < row_count:
        learned = _find_learned(sides, rows, champion)
    missing = "no later month" if later.is_empty() else f"only {later.height:,} later rows"
    others = f" ({rows.height:,} rows), and its other clients out of fold" if learned.height else ""
    return ContestRows(
        rows,
        f"{missing} than the challenger's last ({last}) with known outcomes: "
        f"held-out clients of the newest months, {_name_months(rows)}{others}",
        learned,
    )


def select_newest(rows: pl.DataFrame, *, row_count: int) -> pl.DataFrame:
    """Return the rows of the newest months: as many months as it takes for `row_count` rows, or all."""
    counts = rows.group_by(STATEMENT_MONTH).len().sort(STATEMENT_MONTH, descending=True)
    newer_count = pl.col("len").cum_sum() - pl.col("len")
    needed = counts.filter(newer_count < row_count)[STATEMENT_MONTH]
    return rows.filter(pl.col(STATEMENT_MONTH).is_in(needed.implode()))


def find_unseen(rows: pl.DataFrame, bundle: ModelBundle) -> np.ndarray:
    """Return, for each row, whether the model was not trained on it.

    A test-side row can be one that the champion learned from: another test share, or identical rows,
    move a client from one side to the other.
    """
    unseen: np.ndarray = ~np.isin(hash_row_keys(rows), bundle.trained_rows)
    return unseen


def _find_learned(sides: Split, held_out: pl.DataFrame, champion: ModelBundle) -> pl.DataFrame:
    """Return the development rows of the held-out rows' months that are new to the champion; none where they are fewer."""
    months = held_out[STATEMENT_MONTH].unique()
    same = sides.development.filter(pl.col(STATEMENT_MONTH).is_in(months.implode()))
    learned = same.filter(pl.Series(find_unseen(same, champion), dtype=pl.Boolean))
    return learned if learned.height > held_out.height else learned.clear()


def _read_later_rows(
    wiring: Wiring, last: str, data_origin: str, *, now: dt.datetime
) -> pl.DataFrame:
    """Return the rows of the lake with known outcomes and a month after `last`; empty where there are none."""
    nothing = pl.DataFrame(schema={"client_id": pl.String, STATEMENT_MONTH: pl.String})
    if not _has_later_outcomes(wiring, last):
        return nothing
    try:
        known = read_known_rows(wiring, now=now)
    except InputError:  # none that counts, or of both origins
        return nothing
    if known.data_origin != data_origin:
        return nothing
    return known.rows.filter(pl.col(STATEMENT_MONTH) > last)


def _has_later_outcomes(wiring: Wiring, last: str) -> bool:
    is_later = pl.col(STATEMENT_MONTH) > last
    outcomes = scan_table(wiring.lake, "outcomes").select(is_later.any())
    if collect_rows(wiring.lake, outcomes).item():
        return True
    return any(
        OUTCOME in rows.columns and rows.select(is_later.any()).item()
        for snapshot in list_snapshots(wiring.lake)
        for rows in read_snapshot_rows(snapshot)
    )


def _are_enough(rows: pl.DataFrame) -> bool:
    if rows.height < _FEWEST_ROWS:
        return False
    default_count = int(rows[OUTCOME].sum())
    return min(default_count, rows.height - default_count) >= _FEWEST_OF_EACH


def _name_months(rows: pl.DataFrame) -> str:
    months = rows[STATEMENT_MONTH].unique().sort().to_list()
    if len(months) < 2:  # noqa: PLR2004 - a single month has no end
        return "".join(months) or "of which there are none"
    return f"{months[0]} to {months[-1]}"
