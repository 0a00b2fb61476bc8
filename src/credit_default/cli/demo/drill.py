"""drill: plant known faults in simulated months and check that alarms open for them only."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("seed")
def drill(
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            help="Plant only this one; may be repeated.  [default: all]",
            show_default=False,
        ),
    ] = None,
    clients: Annotated[
        int, typer.Option("--clients", min=500, help="Clients in the simulated portfolio.")
    ] = 4_000,
    *,
    shared: SharedOptions,
) -> None:
    """Plant known faults in simulated months and show which alarms opened, and when."""

    def act(output: Output) -> "Summary":
        from credit_default.cli.demo.drill_run import run_drill_command

        return run_drill_command(output, shared, names=tuple(fault or ()), client_count=clients)

    run_command("drill", act, shared)
