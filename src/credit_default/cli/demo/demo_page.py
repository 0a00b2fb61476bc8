"""How the demo ends: the page of its history, which a browser opens where the person asked for it."""

import shlex
import webbrowser
from typing import TYPE_CHECKING

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.own_programs import name_program

if TYPE_CHECKING:
    from credit_default.settings import Settings


def write_demo_page(output: Output, settings: "Settings", *, show: bool) -> dict[str, str]:
    """Write the page of the demo's history, end the command with its address, and return where to look.

    Args:
        output: Where progress is shown.
        settings: The settings in force.
        show: Whether to open the page in the person's browser.
    """
    from credit_default.adapters.host.given_paths import resolve_folder
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.monitoring.history_page import PAGE, write_history_page

    with output.step("writing the page of the history"):
        write_history_page(build_wiring(settings, commit=""), now=read_clock())
    page = (resolve_folder(settings.lake, thing="lake") / PAGE).as_uri()
    output.end_with(f"Open {page}")
    if show:
        open_page(output, page)
    command, lake = name_program("credit-default"), shlex.quote(settings.lake)
    return {
        "history (html)": page,
        "scores": f"{settings.lake}/tables/scores (Delta; polars.read_delta reads it)",
        "every verdict": f"{command} monitor --history --lake {lake}",
        "every reason": f"{command} models show --lake {lake}",
        "MLflow, Prefect and reports": f"{command} up --lake {lake}",
    }


def open_page(output: Output, page: str) -> None:
    """Open the page in the person's browser; a note says so where there is none."""
    if not webbrowser.open(page):
        output.add_notes(["no browser could be opened here: open the page yourself"])
