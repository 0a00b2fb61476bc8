"""Outcomes of clients without ids: a file's rows are those of one batch, by their number in the batch's file or in its order.

Row 17 of two files is two clients. So the batch has to be known: the file has the very bytes of the batch's file, as where a
lender delivers statements and outcomes in one, or a person names the batch.
"""

from dataclasses import dataclass

import polars as pl

from credit_default.adapters.files.statement_files import Statements
from credit_default.adapters.lake.layout import check_hex
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    has_snapshot,
    list_snapshots,
    read_snapshot,
    read_snapshot_rows,
)
from credit_default.data.checking.validation import ValidationResult
from credit_default.data.contract.schema import CLIENT_ID, KEY, STATEMENT_MONTH
from credit_default.errors import InputError, show_examples
from credit_default.services.context.wiring import Wiring, require_same_portfolio

_FLAG = "--batch"


@dataclass(frozen=True, slots=True)
class NumberedBatch:
    """A batch whose clients are numbered by row, and the keys of those of its rows that the lake holds."""

    snapshot: Snapshot
    keys: pl.DataFrame  # client_id, statement_month; a client_id once

    @property
    def batch_id(self) -> str:
        """Return the batch's id."""
        return self.snapshot.digest

    @property
    def months(self) -> tuple[str, ...]:
        """Return the batch's months, YYYY-MM, in order."""
        return tuple(self.keys[STATEMENT_MONTH].unique().sort())

    @property
    def file_row_count(self) -> int:
        """Return the number of rows of the batch's file, rejected ones among them."""
        return self.snapshot.source.row_count or self.snapshot.row_count


def find_numbered_batch(
    wiring: Wiring, batch_id: str | None, *, sha256: str
) -> NumberedBatch | None:
    """Return the batch whose rows a file's rows are; None where the file has to name its clients itself.

    Args:
        wiring: The lake, and the schema that says whether clients are numbered.
        batch_id: The batch that a person names; without, the one whose file has the same bytes is looked for.
        sha256: The digest of the file's bytes.

    Raises:
        InputError: Clients have ids; there is no such batch; the file is that of another batch; or its bytes are those of
            several batches of other months.
        SetupError: The batch is of another portfolio.
    """
    if not wiring.schema.numbers_clients:
        if batch_id is not None:
            raise InputError(
                f"{_FLAG} {batch_id}",
                found=f"portfolio {wiring.schema.name!r}, whose clients have ids",
                expected="a portfolio whose key is client = 'row-number'",
                remedy=f"Leave {_FLAG} out: the file names its clients.",
            )
        return None
    same_bytes = [
        snapshot
        for snapshot in list_snapshots(wiring.lake)
        if snapshot.source.sha256 == sha256
        and snapshot.origin.schema_name == wiring.schema.name
        and batch_id in {None, snapshot.digest}
    ]
    if batch_id is None:
        return _choose_one([_read_keys(snapshot) for snapshot in same_bytes])
    if same_bytes:
        return _read_keys(same_bytes[0])
    return _read_keys(_read_named(wiring, batch_id, sha256=sha256))


def name_clients(
    observed: pl.DataFrame, batch: NumberedBatch, *, file: Statements, thing: str
) -> pl.DataFrame:
    """Return the observations with the client and month of the batch's row; those of rows that it does not hold are left out.

    Raises:
        InputError: A row number is none of the batch's file, or the file gives a row another month than the batch.
    """
    number = pl.col(CLIENT_ID).cast(pl.Int64, strict=False)
    beyond = observed.filter(~number.is_between(1, batch.file_row_count).fill_null(value=False))
    if beyond.height and CLIENT_ID in file.header.positions:
        raise InputError(
            thing,
            found=f"row {show_examples(beyond[CLIENT_ID].unique(maintain_order=True).to_list())}",
            expected=f"rows 1 to {batch.file_row_count:,}, as {_describe(batch)} has",
            remedy=f"Number the rows as that file has them, or name their batch with {_FLAG}.",
        )
    named = observed.with_columns(number.cast(pl.String)).rename({STATEMENT_MONTH: "_month"})
    joined = named.join(batch.keys, on=CLIENT_ID, how="inner", maintain_order="left")
    other = joined.filter(pl.col("_month") != pl.col(STATEMENT_MONTH))
    if other.height and STATEMENT_MONTH in file.header.positions:
        raise InputError(
            thing,
            found=f"{other.height:,} rows of other months than those rows of {_describe(batch)}",
            expected=f"months of that batch: {show_examples(batch.months)}",
            remedy=f"Name the batch that the rows are of with {_FLAG}.",
        )
    return joined.select(observed.columns)


def require_all_rows(
    checked: ValidationResult, batch: NumberedBatch, *, file: Statements, thing: str
) -> None:
    """Check that a file without row numbers has as many rows as the batch's file, in whose order they then are.

    Raises:
        InputError: It has not.
    """
    row_count = checked.row_count + checked.left_out_count
    is_same_file = file.source.sha256 == batch.snapshot.source.sha256
    if CLIENT_ID in file.header.positions or is_same_file or row_count == batch.file_row_count:
        return
    raise InputError(
        thing,
        found=f"{row_count:,} rows without a row number",
        expected=f"{batch.file_row_count:,} rows in the order of {_describe(batch)}",
        remedy="Add a column `row` with each row's number in that file, from 1.",
    )


def describe_rows(batch: NumberedBatch, *, left_out_count: int) -> tuple[str, ...]:
    """Return a note that says whose rows these are, and one on outcomes that were left out."""
    note = f"the rows are those of {_describe(batch)}"
    left_out = f"{left_out_count:,} outcomes left out: of rows that the batch does not hold, as they were rejected or erased"
    return (note, left_out) if left_out_count else (note,)


def _choose_one(found: list[NumberedBatch]) -> NumberedBatch | None:
    """Return the last of these batches of the same bytes, as long as their rows have the same months."""
    if len({batch.months for batch in found}) > 1:
        shown = ", ".join(f"{batch.batch_id} ({show_examples(batch.months)})" for batch in found)
        raise InputError(
            "the file's rows",
            found=f"those of {len(found)} batches of other months: {shown}",
            expected="those of one batch",
            remedy=f"Name the batch with {_FLAG}.",
        )
    return found[-1] if found else None


def _read_named(wiring: Wiring, batch_id: str, *, sha256: str) -> Snapshot:
    thing = f"{_FLAG} {batch_id}"
    if not has_snapshot(wiring.lake, check_hex(batch_id, _FLAG)):
        raise InputError(
            thing,
            found="no such batch",
            expected="one that was scored or ingested",
            remedy="Copy it from `credit-default outcomes --json`, which lists the batches.",
        )
    snapshot = read_snapshot(wiring.lake, batch_id)
    require_same_portfolio(wiring.schema, snapshot.origin.schema_name, thing=thing)
    others = [s for s in list_snapshots(wiring.lake) if s.source.sha256 == sha256]
    if others:
        raise InputError(
            thing,
            found=f"{snapshot.origin.name}, while the file is that of batch {others[0].digest}",
            expected="the batch whose rows the file has",
            remedy=f"Leave {_FLAG} out, or name {others[0].digest}.",
        )
    return snapshot


def _read_keys(snapshot: Snapshot) -> NumberedBatch:
    return NumberedBatch(snapshot, pl.concat(read_snapshot_rows(snapshot, columns=KEY)))


def _describe(batch: NumberedBatch) -> str:
    return f"{batch.snapshot.origin.name} (batch {batch.batch_id})"
