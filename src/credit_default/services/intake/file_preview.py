"""Look at a file as `ingest` would, and keep nothing: what was read, which rows break a rule, what is missing."""

import datetime as dt

import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.data.contract.schema import OUTCOME, Column, Schema
from credit_default.gates.quality import judge_quality
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import (
    CheckedFile,
    check_file,
    count_faults,
    require_fitting_months,
)
from credit_default.services.intake.ingest import describe_broken_rules, describe_reading
from credit_default.views.summaries.summary import Summary


def preview_file(
    wiring: Wiring,
    uri: str,
    *,
    month: str | None,
    now: dt.datetime,
    options: ReadingOptions = NO_OPTIONS,
) -> Summary:
    """Return what `ingest` would say of a file; nothing is written and nothing recorded.

    Args:
        wiring: The portfolio by which the file is judged, and the lake.
        uri: A file or a folder of parts, here or in a bucket.
        month: The month of every row (YYYY-MM), where the file names none.
        now: The time by which months must have begun.
        options: How the file is read.

    Raises:
        InputError: The file as a whole cannot be used.
    """
    checked = check_file(wiring, uri, month=month, outcome="kept", options=options)
    require_fitting_months(wiring, checked, now=now)
    verdict = judge_quality(count_faults(checked), policy=wiring.settings.quality)
    found = _Tally(wiring.schema)
    for batch in checked.batches():
        found.add(batch.accepted)
    notes = [
        *describe_reading(checked, schema=wiring.schema),
        *(
            note.replace("rows in quarantine", "rejected rows")
            for note in describe_broken_rules(checked.validated)
        ),
        *found.describe(),
    ]
    return Summary(
        "check",
        "would be kept" if verdict.passed else "would be refused",
        exit_code=0 if verdict.passed else 1,
        verdicts=(verdict,),
        counts=_count_rows(checked) | found.count_outcomes(),
        months=checked.validated.month_counts,
        notes=tuple(notes),
    )


def _count_rows(checked: CheckedFile) -> dict[str, int]:
    validated = checked.validated
    return {
        "read": validated.row_count,
        "accepted": validated.accepted_count,
        "rejected": validated.rejected_count,
    }


class _Tally:
    """What the accepted rows hold besides numbers, by column, and their outcomes."""

    def __init__(self, schema: Schema) -> None:
        self._columns = [c for c in schema.inputs if c.optional or c.special]
        self._missing = {column.name: 0 for column in self._columns}
        self._special = {column.name: dict.fromkeys(column.special, 0) for column in self._columns}
        self._outcomes = {0: 0, 1: 0}
        self._has_outcome = False
        self._row_count = 0

    def add(self, rows: pl.DataFrame) -> None:
        self._row_count += rows.height
        for column in self._columns:
            values = rows[column.name]
            self._missing[column.name] += values.null_count()
            for value in column.special:
                self._special[column.name][value] += int((values == value).sum())
        if OUTCOME in rows.columns:
            self._has_outcome = True
            for value in self._outcomes:
                self._outcomes[value] += int((rows[OUTCOME] == value).sum())

    def count_outcomes(self) -> dict[str, int]:
        """Return how many accepted rows are known to have defaulted and to have paid; empty for a file without outcomes."""
        if not self._has_outcome:
            return {}
        return {"defaulted": self._outcomes[1], "paid": self._outcomes[0]}

    def describe(self) -> list[str]:
        """Return a line for each column that lacks values or holds special ones."""
        lines = [(column.name, self._describe_column(column)) for column in self._columns]
        return [f"{name}: {', '.join(parts)}" for name, parts in lines if parts]

    def _describe_column(self, column: Column) -> list[str]:
        counts = {"not stated": self._missing[column.name]}
        for value, meaning in column.special.items():
            counts[f"{value:g} ({meaning})"] = self._special[column.name][value]
        return [f"{count / self._row_count:.1%} {word}" for word, count in counts.items() if count]
