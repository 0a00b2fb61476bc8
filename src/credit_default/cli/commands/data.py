"""ingest and simulate: the commands that bring statements in, real or made."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import (
    Config,
    Corrects,
    Json,
    Lake,
    Month,
    Portfolio,
    Quiet,
    Seed,
    collect_flags,
)
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def ingest(
    source: Annotated[
        str,
        typer.Argument(
            help="A file of statements, here or in a bucket: .csv, .xls, .xlsx or .parquet."
        ),
    ],
    month: Month = None,
    corrects: Corrects = None,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a file and keep its accepted rows as a snapshot named by its content."""
    flags = collect_flags(lake=lake, portfolio=portfolio)

    def act(output: Output) -> "Summary":
        with output.step(f"checking {source}"):
            from credit_default.flows.runs.context import connect, read_clock
            from credit_default.services.intake.ingest import ingest_file

            wiring = connect(flags, config or [])
            return ingest_file(wiring, source, month=month, corrects=corrects, kept_at=read_clock())

    run_command("ingest", act, as_json=json, quiet=quiet)


def simulate(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("simulated"),
    clients: Annotated[
        int, typer.Option("--clients", min=1, help="Clients in the portfolio.")
    ] = 5_000,
    months: Annotated[int, typer.Option("--months", min=1, help="Consecutive months.")] = 1,
    first_month: Annotated[
        str, typer.Option("--month", help="The first month, YYYY-MM.")
    ] = "2005-09",
    scenario: Annotated[
        str, typer.Option("--scenario", help="calm, recession, marketing, policy or broken-feed.")
    ] = "calm",
    start: Annotated[
        int, typer.Option("--start", min=0, help="The month, from 0, in which it begins.")
    ] = 0,
    strength: Annotated[
        int, typer.Option("--strength", min=1, max=3, help="How hard it pulls.")
    ] = 1,
    with_outcomes: Annotated[
        bool,
        typer.Option(
            "--with-outcomes", help="Put the outcome beside each statement, for training."
        ),
    ] = False,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make statements of clients who never existed, month after month, with the true probability of default."""

    def act(output: Output) -> "Summary":
        settings = read_settings(collect_flags(seed=seed), config)
        with output.step(f"simulating {months} × {clients:,} statements"):
            from credit_default.data.simulation.months import Scenario
            from credit_default.services.simulation.export import write_simulation

            return write_simulation(
                out,
                client_count=clients,
                month_count=months,
                seed=settings.seed,
                first_month=first_month,
                scenario=Scenario(scenario, start=start, strength=strength),
                with_outcomes=with_outcomes,
            )

    run_command("simulate", act, as_json=json, quiet=quiet)
