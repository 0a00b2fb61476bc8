"""Open a file of outcomes, with what a person says of it where it does not say it itself: when they were observed, and of which batch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import (
    Statements,
    open_statement_file,
    read_header,
)
from credit_default.data.checking.time_conversion import convert_to_time
from credit_default.data.contract.outcome_schema import (
    OBSERVED_AT,
    build_numbered_outcome_schema,
    build_outcome_schema,
)
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError, SetupError
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_access import Arrival
from credit_default.services.outcomes.numbered_rows import NumberedBatch, find_numbered_batch

_FLAG: Final = "--observed-at"


@dataclass(frozen=True, slots=True)
class OutcomeDetails:
    """What a person says of a file of outcomes; each is None where it was not given.

    Raises:
        SetupError: The time of observation is none.
    """

    batch_id: str | None = None  # whose rows they are, where clients are numbered by row
    observed_at: str | None = None  # of every row: a day or a time in ISO 8601

    def __post_init__(self) -> None:
        time = self.observed_at
        if time is not None and convert_to_time(pl.Series([time])).values.null_count():
            raise SetupError(
                _FLAG,
                found=repr(time),
                expected="a day or a time in ISO 8601",
                remedy=f"Give it as in {_FLAG} 2005-11-15.",
            )


NO_DETAILS: Final = OutcomeDetails()


@dataclass(frozen=True, slots=True)
class OutcomeFile:
    """An opened file of outcomes: the schema of its rows, and the batch that they are of, where clients are numbered by row."""

    file: Statements
    schema: Schema
    batch: NumberedBatch | None


def open_outcomes(
    wiring: Wiring, arrival: Arrival, *, options: ReadingOptions, details: OutcomeDetails
) -> OutcomeFile:
    """Open a file of outcomes and find the batch of its rows, where clients are numbered by row.

    Such a file may have the form of the portfolio's statements: it is then read as they are.

    Raises:
        InputError: The file is not what it should be, its batch is not clear, or the time of observation is given twice.
    """
    thing = f"file {arrival.name}"
    if wiring.schema.numbers_clients:
        schema = build_numbered_outcome_schema(wiring.schema, observed_at=details.observed_at)
        options = _choose_options(wiring, arrival.path, schema=schema, options=options)
    else:
        schema = build_outcome_schema(wiring.schema, observed_at=details.observed_at)
    file = open_statement_file(arrival.path, schema=schema, options=options)
    _require_one_time(file, details, thing=thing)
    batch = find_numbered_batch(wiring, details.batch_id, sha256=file.source.sha256)
    if batch is None and wiring.schema.numbers_clients:
        _require_named_rows(wiring, file, thing=thing)
    return OutcomeFile(file, schema, batch)


def _choose_options(
    wiring: Wiring, path: Path, *, schema: Schema, options: ReadingOptions
) -> ReadingOptions:
    """Return the options as given where they find the outcome, else with those of the portfolio's statements."""
    try:
        has_outcome = read_header(path, schema=schema, options=options).has_outcome
    except InputError:
        has_outcome = False
    return options if has_outcome else options.complete(wiring.portfolio.file)


def _require_one_time(file: Statements, details: OutcomeDetails, *, thing: str) -> None:
    if details.observed_at is not None and OBSERVED_AT not in file.header.given:
        raise InputError(
            thing,
            found=f"a column {OBSERVED_AT}, and {_FLAG} {details.observed_at}",
            expected="one of them",
            remedy=f"Leave {_FLAG} out: the file gives the time of every row.",
        )


def _require_named_rows(wiring: Wiring, file: Statements, *, thing: str) -> None:
    """Check that the rows name their clients and month by themselves, where no batch is known."""
    has_month = not file.header.is_month_fixed or wiring.schema.fixed_month is not None
    if has_month and not file.header.numbers_clients:
        return
    raise InputError(
        thing,
        found="rows that name no client, and no batch whose file has these bytes",
        expected=f"outcomes of one batch: the clients of portfolio {wiring.schema.name!r} are numbered by row",
        remedy="Name the batch, as in --batch 0123456789abcdef; `credit-default outcomes --json` lists them.",
    )
