"""reconcile: tidy up after a kill or an outage."""

from typing import TYPE_CHECKING

from credit_default.cli.terminal.options import Config, Json, Lake, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import add_session_notes, read_settings, run_flow

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def reconcile(
    lake: Lake = None, config: Config = None, json: Json = False, quiet: Quiet = False
) -> None:
    """Close what a kill left running, record what an outage left unrecorded, remove what lies about."""
    flags = collect_flags(lake=lake)

    def act(output: Output) -> "Summary":
        from credit_default.flows.server.session import flow_session

        with (
            output.step("looking for what was left open") as found,
            flow_session(read_settings(flags, config)) as session,
        ):
            from credit_default.flows.reconcile import reconcile as flow

            summary = run_flow(flow, overrides=flags, config=config)
            found(summary.status)
        return add_session_notes(summary, session)

    run_command("reconcile", act, as_json=json, quiet=quiet)
