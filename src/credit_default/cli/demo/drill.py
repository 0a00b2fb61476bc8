"""drill: planted faults, to see whether the alarms ring for them, and clean months, to see whether they keep silent."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Config, Json, Quiet, Seed, collect_flags
from credit_default.cli.terminal.output import Output, run_command

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


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
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Plant known faults in simulated months and tell which alarms rang, when, and which stayed quiet."""
    flags = collect_flags(seed=seed)

    def act(output: Output) -> "Summary":
        from credit_default.cli.demo.drill_run import run_drill_command

        return run_drill_command(
            output, flags, config=config or [], names=tuple(fault or ()), client_count=clients
        )

    run_command("drill", act, as_json=json, quiet=quiet)
