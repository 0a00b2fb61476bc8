"""ingest: check a file of statements and keep its accepted rows as a snapshot."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Corrects, Decimal, Month, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio")
def ingest(
    source: Annotated[
        str,
        typer.Argument(
            help="A file of statements, here or in a bucket: .csv, .xls, .xlsx or .parquet, or a folder of parts."
        ),
    ],
    month: Month = None,
    corrects: Corrects = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Check a file and keep its accepted rows as a snapshot named by its content."""

    def act(output: Output) -> "Summary":
        with output.step(f"checking {source}"):
            from credit_default.adapters.files.reading_options import ReadingOptions
            from credit_default.flows.runs.context import read_clock
            from credit_default.services.intake.ingest import ingest_file

            return ingest_file(
                connect(shared),
                source,
                month=month,
                corrects=corrects,
                kept_at=read_clock(),
                options=ReadingOptions(sheet, decimal, thousands),
            )

    run_command("ingest", act, shared)
