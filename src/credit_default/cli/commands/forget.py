"""forget: delete a client's rows everywhere in the lake."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def forget(
    client: Annotated[str, typer.Argument(help="The client_id whose rows are deleted.")],
    *,
    shared: SharedOptions,
) -> None:
    """Delete a client's rows from the whole lake for good; the ledger keeps digests and counts."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.audit.erasure import forget_client

        with output.step("deleting"):
            return forget_client(connect(shared), client, forgotten_at=read_clock())

    run_command("forget", act, shared)
