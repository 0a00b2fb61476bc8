"""explain: show why one client got this score, and what would have changed the decision."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio")
def explain(
    batch: Annotated[str, typer.Argument(help="A batch_id, as `predict` prints it.")],
    client: Annotated[str, typer.Argument(help="A client_id of that batch.")],
    *,
    shared: SharedOptions,
) -> None:
    """Show why a client got a score: inputs, reasons, contributions, and what would change it."""

    def act(output: Output) -> "Summary":
        from credit_default.services.scoring.explain_client import explain_client
        from credit_default.views.terminal.explanation import (
            render_explanation,
            summarise_explanation,
        )

        wiring = connect_with_mlflow(shared, output)
        with output.step("explaining"):
            explained = explain_client(wiring, batch, client)
        if not output.as_json:
            from rich.console import Console

            Console(highlight=False, markup=False).print(render_explanation(explained))
        return summarise_explanation(explained, listed=output.as_json)

    run_command("explain", act, shared)
