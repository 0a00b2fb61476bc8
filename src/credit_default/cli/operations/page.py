"""page: write the control room's read-only part into the lake, as a site that needs no server."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def page(
    most: Annotated[
        int, typer.Option("--most", help="Pages of one kind, such as batches.", min=1)
    ] = 200,
    *,
    shared: SharedOptions,
) -> None:
    """Write the control room's pages without clients and forms into LAKE/reports/room."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.room.static_site import write_site
        from credit_default.views.summaries.summary import Summary

        wiring = connect_with_mlflow(shared, output)
        with output.step("writing the pages") as found:
            site = write_site(wiring, now=read_clock(), most_of_a_kind=most)
            found(f"{site.page_count}")
        return Summary(
            "page", "written", counts={"pages": site.page_count}, paths={"open": site.address}
        )

    run_command("page", act, shared)
