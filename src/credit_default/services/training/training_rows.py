"""Read the rows to train on: from one file of statements with outcomes, or everything that the lake knows by now.

What is read from a file is checked, judged and kept as a snapshot first. What the lake knows are labelled snapshots, and
scored batches whose outcomes have arrived since.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.lake.snapshots import Snapshot, list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import read_outcomes
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split, hold_out_newest, split
from credit_default.errors import InputError
from credit_default.gates.monitoring.retraining_policy import TrainingWindow, choose_window
from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.first_look import hold_checked_file, refuse_broken_file
from credit_default.services.intake.ingest import require_same_origin_as_lake, save_checked_file
from credit_default.services.intake.value_notes import describe_values_read
from credit_default.services.monitoring.retraining import find_broken_batches
from credit_default.services.outcomes.coverage import is_early
from credit_default.services.training.data_source import (
    fetch_data,
    find_named_file,
    require_data_of_portfolio,
)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Checked rows with outcomes, the snapshots that they are from, and the verdicts of the quality gate."""

    rows: pl.DataFrame
    snapshots: tuple[Snapshot, ...]
    data_origin: str  # `real` or `simulated`
    rejected_count: int  # rows of the file that are in quarantine
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()


def read_training_rows(
    wiring: Wiring,
    *,
    month: str | None,
    read_at: dt.datetime,
    options: ReadingOptions = NO_OPTIONS,
) -> TrainingRows:
    """Check the file that the settings name, keep it as a snapshot, and return its accepted rows.

    Rejected rows go to quarantine.

    Args:
        wiring: The lake, and the settings that name the file.
        month: The statement month (YYYY-MM) of rows that have none of their own.
        read_at: The time to put on record.
        options: How to read the file, where it does not tell by itself.

    Raises:
        InputError: The file is not what it should be, or its clients are real and the lake's are
            simulated, or the reverse.
        RefusedError: The quality gate refused it; nothing was kept.
    """
    data = fetch_data(wiring.settings)
    checked = check_file(
        wiring,
        str(data.path),
        month=month or data.month,
        outcome="required",
        options=options,
    )
    require_same_origin_as_lake(wiring, checked)
    verdict = judge_file(wiring, checked, judged_at=read_at)
    snapshot = save_checked_file(wiring, checked, kept_at=read_at)
    rows = pl.concat(list(read_snapshot_rows(snapshot)))
    _LOG.info(
        "read training rows snapshot=%s row_count=%d rejected_count=%d data_origin=%s",
        snapshot.digest,
        rows.height,
        checked.validated.rejected_count,
        checked.data_origin,
    )
    return TrainingRows(
        rows,
        (snapshot,),
        checked.data_origin,
        checked.validated.rejected_count,
        (verdict,),
        (
            *data.notes,
            *checked.notes,
            *describe_values_read(checked.validated, schema=wiring.schema),
        ),
    )


@contextmanager
def hold_training_file(
    wiring: Wiring, *, month: str | None, read_at: dt.datetime, options: ReadingOptions = NO_OPTIONS
) -> Iterator[None]:
    """Check the training file now, where the settings name one; during the block it need not be checked again.

    Nothing is kept of it yet. A public or simulated data set is not looked at: it takes long to fetch.

    Raises:
        InputError: As `read_training_rows`.
        RefusedError: As `read_training_rows`.
    """
    require_data_of_portfolio(wiring.settings)
    data = find_named_file(wiring.settings)
    if data is None:
        yield
        return
    with hold_checked_file(
        wiring, str(data.path), month=month or data.month, outcome="required", options=options
    ) as checked:
        require_same_origin_as_lake(wiring, checked)
        refuse_broken_file(wiring, checked, judged_at=read_at)
        yield


def require_known_rows(wiring: Wiring) -> None:
    """Raise where the lake holds no statements at all to learn from; `read_known_rows` looks at their outcomes.

    Raises:
        InputError: It holds none.
    """
    if not _list_own_snapshots(wiring):
        raise _build_no_outcomes_error(wiring)


def read_known_rows(wiring: Wiring) -> TrainingRows:
    """Return all rows in the lake whose outcome is known by now.

    These are labelled snapshots, and batches whose outcomes have arrived. A row that is in several
    snapshots counts once, as it was kept last. Left out are months outside the retraining policy's
    window, batches of a broken feed, and outcomes that were observed too early to count.

    Raises:
        InputError: The lake knows no outcome, or it holds both real and simulated clients.
    """
    lake = wiring.lake
    own = _list_own_snapshots(wiring)
    broken = set(find_broken_batches(lake))
    sound = [snapshot for snapshot in own if snapshot.digest not in broken]
    outcomes = read_outcomes(lake).filter(~is_early()).select(*KEY, OUTCOME)
    labelled = [
        (snapshot, rows)
        for snapshot in sound
        if not (rows := _label_rows(snapshot, outcomes)).is_empty()
    ]
    if not labelled:
        raise _build_no_outcomes_error(wiring)
    newest_month = max(str(rows[STATEMENT_MONTH].max()) for _, rows in labelled)
    window = choose_window(wiring.settings.retraining, newest_month=newest_month)
    selected = [(snapshot, _select_window(rows, window)) for snapshot, rows in labelled]
    used = [(snapshot, rows) for snapshot, rows in selected if not rows.is_empty()]
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
    notes = _describe_left_out(window, left_out_count)
    return TrainingRows(rows, snapshots, data_origin, 0, (), notes)


def split_rows(wiring: Wiring, training: TrainingRows) -> Split:
    """Split the rows into development and test side; a client is on the same side in every training.

    The newest months that the settings hold out are on the test side whole.
    """
    refresh = wiring.settings.refresh
    sides = split(training.rows, test_share=refresh.test_share)
    return hold_out_newest(sides, month_count=refresh.held_out_months)


def _list_own_snapshots(wiring: Wiring) -> list[Snapshot]:
    return [s for s in list_snapshots(wiring.lake) if s.origin.schema_name == wiring.schema.name]


def _build_no_outcomes_error(wiring: Wiring) -> InputError:
    return InputError(
        f"lake {wiring.lake.uri}",
        found="no statements with known outcomes",
        expected="some to learn from",
        remedy="Ingest a file with outcomes, or name one with --data.",
    )


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
