"""Open and check a file of statements: by this process alone, or by the workers of the open cluster."""

from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import Statements, open_statement_file
from credit_default.data.checking.validation import OutcomeUse, ValidationResult, check_rows
from credit_default.services.context.ordered_threads import read_ahead
from credit_default.services.context.wiring import Wiring
from credit_default.services.partitions.engine import find_engine
from credit_default.services.partitions.part_opening import open_parts
from credit_default.services.partitions.partition_check import PartitionedFile, check_partitions


@dataclass(frozen=True, slots=True)
class CheckedStatements:
    """A file of statements and what pass one found in it; `partitions` are for the workers of a cluster."""

    file: Statements
    validated: ValidationResult
    partitions: PartitionedFile | None = None


def check_statements(
    wiring: Wiring,
    path: Path,
    *,
    uri: str,
    month: str | None,
    outcome: OutcomeUse,
    options: ReadingOptions,
) -> CheckedStatements:
    """Check every row of a file, or of a folder of parts, by the portfolio's schema.

    Args:
        wiring: The portfolio, and the settings of the engine.
        path: The file or the folder.
        uri: The path again, or the address in a bucket of which it is a copy.
        month: "YYYY-MM" for every row, where the file has no statement_month column.
        outcome: As of `check_rows`.
        options: How to read it.

    Raises:
        InputError: As `open_statement_file` and `check_rows`.
        ServiceError: As `check_partitions`.
    """
    schema = wiring.schema
    if (cluster := find_engine(wiring)) is None:
        file = open_statement_file(path, schema=schema, month=month, options=options)
        validated = check_rows(
            lambda: read_ahead(file.read_batches(), jobs=wiring.settings.jobs),
            schema=schema,
            outcome=outcome,
            marks=options.marks,
        )
        return CheckedStatements(file, validated)
    origin = uri if uri.startswith("s3://") else ""
    opened = open_parts(cluster, path, origin=origin, schema=schema, month=month, options=options)
    checked = check_partitions(
        cluster,
        opened,
        schema=schema,
        outcome=outcome,
        options=options,
        partition_rows=wiring.settings.engine.partition_rows,
    )
    return CheckedStatements(opened.statements, checked.validated, checked.file)
