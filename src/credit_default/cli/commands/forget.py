"""forget: delete a client's rows everywhere in the lake."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.common_options import CommonOptions, takes_common_options
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_common_options("lake")
def forget(
    client: Annotated[str, typer.Argument(help="The client_id whose rows are deleted.")],
    *,
    common: CommonOptions,
) -> None:
    """Delete a client's rows everywhere in the lake, for good; the ledger keeps digests and counts."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.audit.erasure import forget_client

        with output.step("deleting"):
            return forget_client(connect(common), client, forgotten_at=read_clock())

    run_command("forget", act, common)
