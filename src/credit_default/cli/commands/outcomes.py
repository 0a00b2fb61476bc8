"""outcomes: take in the outcomes of clients, or show how many are known for each batch."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Decimal, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.adapters.files.reading_options import ReadingOptions
    from credit_default.services.context.wiring import Wiring
    from credit_default.services.outcomes.outcome_files import OutcomeDetails
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio")
def outcomes(
    file: Annotated[
        str | None,
        typer.Argument(
            help="client_id, statement_month, defaulted, observed_at: a file or a folder of parts, here or s3://."
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            help="The batch whose rows these are, where clients are numbered by row.",
            show_default=False,
        ),
    ] = None,
    observed_at: Annotated[
        str | None,
        typer.Option(
            "--observed-at",
            help="When all of them became known, for files without observed_at.",
            show_default=False,
        ),
    ] = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Take in outcomes, the latest observation counts; without a file, show coverage by batch."""

    def act(output: Output) -> "Summary":
        from credit_default.adapters.files.reading_options import ReadingOptions
        from credit_default.services.outcomes.outcome_files import OutcomeDetails

        options = ReadingOptions(sheet, decimal, thousands)
        details = OutcomeDetails(batch, observed_at)
        wiring = connect(shared)
        if file is None:
            _require_file(batch=batch, observed_at=observed_at)
            return _show_coverage(wiring, output)
        return _take_in(wiring, output, file, options=options, details=details)

    run_command("outcomes", act, shared)


def _require_file(**given: str | None) -> None:
    """Check that nothing was said of a file where none is taken in.

    Raises:
        SetupError: Something was.
    """
    from credit_default.errors import SetupError

    for name, value in given.items():
        if value is not None:
            raise SetupError(
                f"--{name.replace('_', '-')} {value}",
                found="no file of outcomes",
                expected="a file that it is said of",
                remedy="Name the file, or leave the option out to see what is known.",
            )


def _take_in(
    wiring: "Wiring",
    output: Output,
    file: str,
    *,
    options: "ReadingOptions",
    details: "OutcomeDetails",
) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.outcomes.take_in import ingest_outcomes_file

    with output.step(f"taking in {file}"):
        taken = ingest_outcomes_file(
            wiring, file, taken_in_at=read_clock(), options=options, details=details
        )
        return _announce_outcomes(wiring, taken)


def _show_coverage(wiring: "Wiring", output: Output) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.outcomes.known_outcomes import summarise_coverage

    known = summarise_coverage(wiring, now=read_clock(), listed=output.as_json)
    if known.batches and not output.as_json:
        from rich.console import Console

        from credit_default.views.history.vintage_tables import render_vintages
        from credit_default.views.terminal.coverage import render_coverage

        Console(highlight=False, markup=False).print(
            render_coverage(known.batches), "", render_vintages(known.vintages), sep="\n"
        )
    return known.summary


def _announce_outcomes(wiring: "Wiring", taken: "Summary") -> "Summary":
    """Announce the batches with new outcomes to the Prefect server, if one is set.

    The deployment `monitor` then runs for each of them. The summary is returned, with a note if
    the server did not answer.
    """
    prefect = wiring.settings.prefect
    if not prefect.api_url:
        return taken
    from credit_default.flows.server.session import prepare_libraries

    prepare_libraries(wiring.settings)
    from credit_default.flows.events.send import announce_outcomes
    from credit_default.flows.server.ephemeral_server import run_on_server

    with run_on_server(None, api_url=prefect.api_url, timeout_seconds=prefect.startup_seconds):
        return announce_outcomes(wiring, taken)
