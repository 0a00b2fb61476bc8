"""Read the rows to train on from the lake: labelled snapshots, and scored batches whose outcomes have arrived since.

Rows of months whose outcomes are not complete, and of batches of a broken feed, are left out, and it is said.
"""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence

import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import read_outcomes
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.completeness import Completeness
from credit_default.gates.monitoring.retraining_policy import TrainingWindow, choose_window
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.retraining import find_broken_batches
from credit_default.services.outcomes.completeness import build_no_outcomes_error, describe_left_out
from credit_default.services.outcomes.coverage import is_early
from credit_default.services.training.training_rows import (
    TrainingRows,
    judge_training_months,
    select_complete,
)

_LOG = logging.getLogger(__name__)


def require_known_rows(wiring: Wiring) -> None:
    """Raise where the lake holds no statements at all to learn from; `read_known_rows` looks at their outcomes.

    Raises:
        InputError: It holds none.
    """
    if not _list_own_snapshots(wiring):
        raise build_no_outcomes_error(f"lake {wiring.lake.uri}")


def read_known_rows(wiring: Wiring, *, now: dt.datetime) -> TrainingRows:
    """Return all rows in the lake whose outcome is known by now, of the months whose outcomes are complete.

    These are labelled snapshots, and batches whose outcomes have arrived. A row that is in several
    snapshots counts once, as it was kept last. Left out are months whose outcomes are not complete
    and those outside the retraining policy's window, batches of a broken feed, and outcomes that
    were observed too early to count.

    Args:
        wiring: The lake and the policies.
        now: The time, to see which outcomes are due.

    Raises:
        InputError: The lake knows no outcome, or of no month enough of them, or it holds both real and
            simulated clients.
    """
    lake = wiring.lake
    own = _list_own_snapshots(wiring)
    broken = set(find_broken_batches(lake))
    sound = [snapshot for snapshot in own if snapshot.digest not in broken]
    if not sound:
        raise build_no_outcomes_error(f"lake {wiring.lake.uri}")
    statements = pl.concat([_read_statements(snapshot) for snapshot in sound])
    months = judge_training_months(wiring, statements, now=now, thing=f"lake {lake.uri}")
    newest_month = max(month for month, found in months.items() if found.is_complete)
    window = choose_window(wiring.settings.retraining, newest_month=newest_month)
    used = _label_snapshots(wiring, sound, months=months, window=window)
    snapshots = tuple(snapshot for snapshot, _ in used)
    data_origin = _require_one_origin(lake.uri, snapshots)
    rows = pl.concat([rows for _, rows in used]).unique(KEY, keep="last", maintain_order=True)
    left_out_count = len(own) - len(sound)
    _LOG.info(
        "read known rows snapshot_count=%d row_count=%d left_out_batch_count=%d data_origin=%s",
        len(snapshots),
        rows.height,
        left_out_count,
        data_origin,
    )
    notes = (*_describe_left_out(window, left_out_count), *describe_left_out(months))
    return TrainingRows(rows, snapshots, data_origin, 0, (), notes, months, from_file=False)


def read_rows_again(
    wiring: Wiring, snapshots: Sequence[Snapshot], *, months: Sequence[str], from_file: bool
) -> TrainingRows:
    """Return the rows that an earlier training learned from, as the lake has them today.

    Args:
        wiring: The lake.
        snapshots: The snapshots that it used.
        months: The months that it used.
        from_file: Whether it read one file with outcomes, or what the lake knew.
    """
    outcomes = read_outcomes(wiring.lake).filter(~is_early()).select(*KEY, OUTCOME)
    used = pl.col(STATEMENT_MONTH).is_in(list(months))
    frames = [
        pl.concat(list(read_snapshot_rows(snapshot)))
        if from_file
        else _label_rows(snapshot, outcomes)
        for snapshot in snapshots
    ]
    rows = pl.concat([frame.filter(used) for frame in frames])
    return TrainingRows(
        rows if from_file else rows.unique(KEY, keep="last", maintain_order=True),
        tuple(snapshots),
        snapshots[0].origin.data_origin,
        0,
        (),
        from_file=from_file,
    )


def _list_own_snapshots(wiring: Wiring) -> list[Snapshot]:
    return [s for s in list_snapshots(wiring.lake) if s.origin.schema_name == wiring.schema.name]


def _require_one_origin(lake_uri: str, snapshots: Sequence[Snapshot]) -> str:
    """Return the origin of the snapshots' clients; raise where it is not one and the same."""
    origins = {snapshot.origin.data_origin for snapshot in snapshots}
    if len(origins) > 1:
        raise InputError(
            f"lake {lake_uri}",
            found="real and simulated clients",
            expected="one of the two",
            remedy="Use a lake of its own for simulated data.",
        )
    return origins.pop()


def _read_statements(snapshot: Snapshot) -> pl.DataFrame:
    """Return key and outcome of the snapshot's rows; the outcome is null where its file had none."""
    none = pl.lit(None, dtype=pl.Int64).alias(OUTCOME)
    frames = read_snapshot_rows(snapshot)
    return pl.concat([f.select(*KEY, OUTCOME if OUTCOME in f.columns else none) for f in frames])


def _label_snapshots(
    wiring: Wiring,
    snapshots: Sequence[Snapshot],
    *,
    months: Mapping[str, Completeness],
    window: TrainingWindow,
) -> list[tuple[Snapshot, pl.DataFrame]]:
    """Return the snapshots with rows of known outcome in complete months of the window, and those rows."""
    outcomes = read_outcomes(wiring.lake).filter(~is_early()).select(*KEY, OUTCOME)
    labelled = []
    for snapshot in snapshots:
        rows = _select_window(select_complete(_label_rows(snapshot, outcomes), months), window)
        if not rows.is_empty():
            labelled.append((snapshot, rows))
    return labelled


def _select_window(rows: pl.DataFrame, window: TrainingWindow) -> pl.DataFrame:
    if window.first_month is None:
        return rows
    first, last = pl.lit(window.first_month), pl.lit(window.last_month)
    return rows.filter(pl.col(STATEMENT_MONTH).is_between(first, last))


def _describe_left_out(window: TrainingWindow, broken_count: int) -> tuple[str, ...]:
    notes = []
    if window.first_month:
        notes.append(f"trained on the months {window.first_month} to {window.last_month}")
    if broken_count:
        batches = "1 batch" if broken_count == 1 else f"{broken_count} batches"
        notes.append(f"{batches} of a broken feed left out")
    return tuple(notes)


def _label_rows(snapshot: Snapshot, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshot's rows whose outcome is known.

    Outcomes that were taken in later correct, or complete, those that the file itself had.
    """
    rows = pl.concat(list(read_snapshot_rows(snapshot)))
    if OUTCOME not in rows.columns:
        return rows.join(outcomes, on=KEY, how="inner", maintain_order="left")
    later = outcomes.rename({OUTCOME: "observed"})
    joined = rows.join(later, on=KEY, how="left", maintain_order="left")
    return (
        joined.with_columns(pl.coalesce("observed", OUTCOME).alias(OUTCOME))
        .drop("observed")
        .drop_nulls(OUTCOME)
    )
