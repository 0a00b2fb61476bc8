"""From flags to a run of flows: settings in force, a server to run on, and what the flows came to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credit_default.flows.server.session import Session
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary


def read_settings(flags: Mapping[str, Any], config: list[str] | None) -> "Settings":
    """The settings in force; see `credit_default.settings.load_settings`."""
    from credit_default.settings import load_settings

    return load_settings(flags, config_files=config or ()).settings


def add_session_notes(summary: "Summary", session: "Session") -> "Summary":
    """The summary, with what is to be said of the server that it ran on."""
    return replace(summary, notes=(*session.notes, *summary.notes))


def run_flow(flow: Any, **parameters: Any) -> "Summary":
    """The summary that the flow's run carries; an error that ended it is raised here as it was there."""
    summary: Summary = flow(**parameters, return_state=True).result()
    return summary
