"""predict: score one file, or every file that waits in the lake, and monitor each batch."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import (
    Corrects,
    Decimal,
    Engine,
    Month,
    Reasons,
    Report,
    Scheduler,
    Sheet,
    Thousands,
)
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio", "seed")
def predict(
    batch: Annotated[
        str | None,
        typer.Argument(
            help="A file of statements, here or s3://: .csv, .xls, .xlsx or .parquet, or a folder of parts."
        ),
    ] = None,
    incoming: Annotated[
        bool, typer.Option("--incoming", help="Score every file that waits in LAKE/incoming.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Also write the scores to this .csv or .parquet.",
            show_default=False,
        ),
    ] = None,
    month: Month = None,
    corrects: Corrects = None,
    reasons: Reasons = None,
    report: Report = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    engine: Engine = None,
    scheduler: Scheduler = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What people call this batch.  [default: the file's name]"),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Score statements with the champion, then compare them with its reference."""
    flags = {
        "reasons": None if reasons is None else {"mode": reasons},
        "engine": None if engine is None else {"name": engine},
        "draw_report": report,
    }

    def act(output: Output) -> "Summary":
        from credit_default.adapters.files.reading_options import ReadingOptions
        from credit_default.cli.commands.score_and_monitor import name_scheduler, score_batches

        if scheduler is not None:
            name_scheduler(scheduler)
        reading = ReadingOptions(sheet, decimal, thousands).build_flow_parameter()
        of_file = {"month": month, "corrects": corrects, "name": name, "file_options": reading}
        return score_batches(
            output,
            read_settings(shared, **flags),
            batch=batch,
            incoming=incoming,
            out=out,
            parameters=shared.build_flow_parameters(**flags) | of_file,
        )

    run_command("predict", act, shared)
