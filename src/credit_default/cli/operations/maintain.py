"""maintain: keep the lake's tables quick to read, and verify it whole."""

from typing import TYPE_CHECKING

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import add_session_notes, read_settings, run_flow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def maintain(*, shared: SharedOptions) -> None:
    """Merge small files of the tables, remove replaced ones, then verify the whole lake."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.server.session import flow_session

        with (
            output.step("maintaining the tables") as found,
            flow_session(read_settings(shared)) as session,
        ):
            from credit_default.flows.maintain import maintain as flow

            summary = run_flow(flow, **shared.build_flow_parameters())
            found(summary.status)
        return add_session_notes(summary, session)

    run_command("maintain", act, shared)
