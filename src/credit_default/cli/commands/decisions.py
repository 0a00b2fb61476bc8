"""decisions: override the decision on one client, and see how overridden cases turned out."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import (
    SharedOptions,
    open_command_group,
    takes_shared_options,
)

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary

app = open_command_group("Decisions by people: override one, show how overridden cases turned out.")


@app.command()
@takes_shared_options("lake")
def override(
    batch: Annotated[str, typer.Argument(help="A batch_id, as `predict` prints it.")],
    client: Annotated[str, typer.Argument(help="A client_id of that batch.")],
    to: Annotated[str, typer.Option("--to", help="accept or decline.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Who decides.  [default: the setting, or the account]", show_default=False
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Decide otherwise about one client than the model did; the score stays as it is."""

    def act(output: Output) -> "Summary":
        del output
        from credit_default.flows.runs.context import draw_salt, read_clock, read_identity
        from credit_default.services.governance.overrides import override_decision

        wiring = connect(shared)
        return override_decision(
            wiring,
            batch,
            client,
            decision=to,
            reason=reason,
            by=read_identity(wiring, by),
            decided_at=read_clock(),
            salt=draw_salt(),
        )

    run_command("decisions override", act, shared)


@app.command()
@takes_shared_options("lake")
def show(
    batch: Annotated[
        str | None,
        typer.Argument(help="A batch_id; all batches when not given.", show_default=False),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Show how often people overrode the model, and how those clients turned out."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.governance.override_outcomes import (
            measure_overrides,
            summarise_overrides,
        )

        rows = measure_overrides(connect(shared), now=read_clock(), batch_id=batch)
        if rows and not output.as_json:
            from rich.console import Console

            from credit_default.views.terminal.overrides import render_overrides

            Console(highlight=False).print(render_overrides(rows))
        return summarise_overrides(rows, batch_id=batch, listed=output.as_json)

    run_command("decisions show", act, shared)
