"""Read the rows to train on from one file of statements with outcomes: checked, judged, and kept as a snapshot first.

`known_rows` reads what the lake knows by now. Neither gives rows of a month whose outcomes are not complete.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot_rows
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split, hold_out_newest, split
from credit_default.gates.completeness import Completeness
from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import (
    CheckedFile,
    FileRequest,
    check_file,
    judge_file,
)
from credit_default.services.intake.first_look import hold_checked_file, refuse_broken_file
from credit_default.services.intake.ingest import require_same_origin_as_lake, save_checked_file
from credit_default.services.intake.value_notes import describe_values_read
from credit_default.services.outcomes.completeness import (
    describe_left_out,
    judge_months,
    require_complete_month,
)
from credit_default.services.training.data_source import (
    fetch_data,
    find_named_file,
    require_data_of_portfolio,
)

_LOG = logging.getLogger(__name__)
_NO_OUTCOME: Final = f"{OUTCOME}|nullability"  # the rule that a row without an outcome breaks


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """Checked rows of the months whose outcomes are complete, their snapshots, and the verdicts of the quality gate."""

    rows: pl.DataFrame
    snapshots: tuple[Snapshot, ...]
    data_origin: str  # `real` or `simulated`
    rejected_count: int  # rows of the file that are in quarantine
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    # Every month (YYYY-MM) that could have been learnt from, also those that were left out.
    completeness: Mapping[str, Completeness] = field(default_factory=dict)
    from_file: bool = True  # False: all that the lake knows by now


def read_training_rows(
    wiring: Wiring,
    *,
    month: str | None,
    read_at: dt.datetime,
    options: ReadingOptions = NO_OPTIONS,
) -> TrainingRows:
    """Check the file that the settings name, keep it as a snapshot, and return its accepted rows.

    Rejected rows go to quarantine. A month in which too many rows have no outcome is left out.

    Args:
        wiring: The lake, and the settings that name the file.
        month: The statement month (YYYY-MM) of rows that have none of their own.
        read_at: The time to put on record.
        options: How to read the file, where it does not tell by itself.

    Raises:
        InputError: The file is not what it should be, or its clients are real and the lake's are
            simulated, or the reverse; or of no month the outcomes are complete.
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
    statements = pl.concat([rows.select(*KEY, OUTCOME), *_read_rows_without_outcome(checked)])
    months = judge_training_months(wiring, statements, now=read_at, thing=f"file {checked.name}")
    rows = select_complete(rows, months)
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
            *describe_left_out(months),
        ),
        months,
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
    request = FileRequest(
        wiring.lake.uri, str(data.path), month or data.month, "required", options=options
    )
    with hold_checked_file(wiring, request) as checked:
        require_same_origin_as_lake(wiring, checked)
        refuse_broken_file(wiring, checked, judged_at=read_at)
        yield


def split_rows(wiring: Wiring, training: TrainingRows) -> Split:
    """Split the rows into development and test side; a client is on the same side in every training.

    The newest months that the settings hold out are on the test side whole.
    """
    refresh = wiring.settings.refresh
    sides = split(training.rows, test_share=refresh.test_share)
    return hold_out_newest(sides, month_count=refresh.held_out_months)


def judge_training_months(
    wiring: Wiring, statements: pl.DataFrame, *, now: dt.datetime, thing: str
) -> Mapping[str, Completeness]:
    """Return the completeness of each month among the statements, in order.

    Args:
        wiring: The lake and the policy.
        statements: Key and outcome of every statement, as for `judge_months`.
        now: The time, to see which outcomes are due.
        thing: What the statements are from, to be named in the error.

    Raises:
        InputError: Of no month the outcomes are complete.
    """
    policy = wiring.settings.coverage
    months = judge_months(wiring.lake, statements.lazy(), now=now, policy=policy)
    require_complete_month(months, thing=thing)
    return months


def select_complete(rows: pl.DataFrame, months: Mapping[str, Completeness]) -> pl.DataFrame:
    """Return the rows of the months whose outcomes are complete."""
    complete = [month for month, found in months.items() if found.is_complete]
    return rows.filter(pl.col(STATEMENT_MONTH).is_in(complete))


def _read_rows_without_outcome(checked: CheckedFile) -> Iterable[pl.DataFrame]:
    """Yield key and outcome (null) of the rows that were rejected for nothing but the lack of an outcome."""
    if _NO_OUTCOME not in checked.validated.rule_counts:
        return
    for batch in checked.batches():
        lacking = batch.rejected.filter(pl.col("rules").list.join(" ") == _NO_OUTCOME)
        yield lacking.select(*KEY, pl.lit(None, dtype=pl.Int64).alias(OUTCOME))
