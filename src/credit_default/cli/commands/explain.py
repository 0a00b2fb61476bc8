"""explain: why one client got this score, and what would have changed it."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Config, Json, Lake, Portfolio, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def explain(
    batch: Annotated[str, typer.Argument(help="A batch_id, as `predict` prints it.")],
    client: Annotated[str, typer.Argument(help="A client_id of that batch.")],
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Why this score: inputs, reasons, contributions that add up, and what would have changed the decision."""
    flags = collect_flags(lake=lake, portfolio=portfolio)

    def act(output: Output) -> "Summary":
        from credit_default.cli.terminal.session import read_settings
        from credit_default.flows.runs.context import connect
        from credit_default.flows.server.session import prepare_libraries
        from credit_default.services.scoring.explain_client import explain_client
        from credit_default.views.terminal.explanation import (
            render_explanation,
            summarise_explanation,
        )

        prepare_libraries(read_settings(flags, config))
        with output.step("explaining"):
            explained = explain_client(connect(flags, config or []), batch, client)
        if not output.as_json:
            from rich.console import Console

            Console(highlight=False, markup=False).print(render_explanation(explained))
        return summarise_explanation(explained, listed=output.as_json)

    run_command("explain", act, as_json=json, quiet=quiet)
