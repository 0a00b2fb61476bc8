"""simulate: write statements of simulated clients, month after month."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("seed")
def simulate(
    out: Annotated[
        str, typer.Option("--out", metavar="PATH", help="The folder to write to.")
    ] = "simulated",
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
        int, typer.Option("--start", min=0, help="The month, from 0, in which the scenario begins.")
    ] = 0,
    strength: Annotated[
        int, typer.Option("--strength", min=1, max=3, help="How strong the scenario is.")
    ] = 1,
    with_outcomes: Annotated[
        bool,
        typer.Option(
            "--with-outcomes", help="Put the outcome beside each statement, for training."
        ),
    ] = False,
    *,
    shared: SharedOptions,
) -> None:
    """Write statements of simulated clients, month after month, with true default probabilities."""

    def act(output: Output) -> "Summary":
        settings = read_settings(shared)
        with output.step(f"simulating {months} × {clients:,} statements"):
            from credit_default.adapters.host.given_paths import resolve_folder
            from credit_default.data.simulation.months import Scenario
            from credit_default.flows.runs.context import read_clock
            from credit_default.gates.future_dates import find_last_month
            from credit_default.services.simulation.export import write_simulation

            return write_simulation(
                resolve_folder(out, thing="--out"),
                client_count=clients,
                month_count=months,
                seed=settings.seed,
                first_month=first_month,
                scenario=Scenario(scenario, start=start, strength=strength),
                with_outcomes=with_outcomes,
                last_month=find_last_month(f"{read_clock():%Y-%m}", policy=settings.intake),
            )

    run_command("simulate", act, shared)
