"""Notes on how a file and its values were read, and on why some of them were not."""

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import Statements
from credit_default.data.checking.validation import ValidationResult
from credit_default.data.checking.value_faults import describe_noted_values, describe_value_fault
from credit_default.data.contract.schema import Column, Schema
from credit_default.errors import show_examples

_SHOWN_COUNT = 3


def describe_unused_sheet(given: ReadingOptions, file: Statements) -> tuple[str, ...]:
    """Return a line that says that a sheet was named for a file without sheets; none for any other.

    A sheet that only the portfolio's file names is for those of its files that are workbooks.
    """
    if given.sheet is None or file.options.sheet is not None:
        return ()
    return (f"--sheet {given.sheet!r} was not used: the file is no workbook and has no sheets",)


def describe_values_read(validated: ValidationResult, *, schema: Schema) -> tuple[str, ...]:
    """Return a line for each column with values that were not read as they stand.

    One that says how many rows were left out for their outcome comes first. For the faults that most rows have, the cause and the cure follow.
    """
    columns = (*schema.columns, schema.outcome)
    noted = validated.noted_counts
    notes = [describe_noted_values(c, noted[c.name]) for c in columns if c.name in noted]
    faults = [
        (count, text)
        for rule, count in validated.rule_counts.items()
        for column in columns
        if (text := describe_value_fault(column, rule))
    ]
    worst = sorted(faults, key=lambda fault: -fault[0])[:_SHOWN_COUNT]
    return (*_describe_left_out(validated, schema.outcome), *notes, *(text for _, text in worst))


def _describe_left_out(validated: ValidationResult, outcome: Column) -> tuple[str, ...]:
    if not validated.left_out_count:
        return ()
    texts = show_examples(outcome.ignored)
    return (f"{validated.left_out_count:,} rows left out: outcome to be ignored ({texts})",)
