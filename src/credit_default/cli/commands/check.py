"""check: look at a file of statements as `ingest` would, and keep nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Decimal, Month, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio")
def check(
    source: Annotated[
        str, typer.Argument(help="A file of statements, as for ingest, with or without outcomes.")
    ],
    month: Month = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Say what a file holds by the portfolio's declaration: rows, rules that are broken, missing values."""

    def act(output: Output) -> "Summary":
        with output.step(f"checking {source}"):
            from credit_default.adapters.files.reading_options import ReadingOptions
            from credit_default.flows.runs.context import read_clock
            from credit_default.services.intake.file_preview import preview_file

            return preview_file(
                connect(shared),
                source,
                month=month,
                now=read_clock(),
                options=ReadingOptions(sheet, decimal, thousands),
            )

    run_command("check", act, shared)
