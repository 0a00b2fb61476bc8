"""access-log: show who looked at clients in the control room, and delete entries whose time is over."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.services.context.wiring import Wiring
    from credit_default.services.overview.access_entries import AccessPage
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def access_log(
    client: Annotated[
        str, typer.Option("--client", help="Only looks at this client_id.", show_default=False)
    ] = "",
    month: Annotated[
        str, typer.Option("--month", metavar="YYYY-MM", help="Only this month.", show_default=False)
    ] = "",
    page: Annotated[int, typer.Option("--page", min=1, help="50 entries each.")] = 1,
    delete_before: Annotated[
        str | None,
        typer.Option(
            "--delete-before",
            metavar="YYYY-MM",
            help="Delete the entries of months before, for good; recorded as an entry.",
            show_default=False,
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Show who looked at clients in the control room: when, in which role, and at what."""

    def act(output: Output) -> "Summary":
        wiring = connect(shared)
        if delete_before is not None:
            return _delete_entries(wiring, delete_before)
        from credit_default.services.overview.access_entries import list_access

        found = list_access(wiring, number=page, month=month, client_id=client)
        return _show_entries(found, output)

    run_command("access-log", act, shared)


def _delete_entries(wiring: "Wiring", before: str) -> "Summary":
    from credit_default.flows.runs.context import draw_salt, read_clock, read_identity
    from credit_default.services.overview.access_entries import Looker, delete_old_access

    person = read_identity(wiring)
    looker = Looker(person, "command line", read_clock(), draw_salt())
    return delete_old_access(wiring, before, looker=looker)


def _show_entries(found: "AccessPage", output: Output) -> "Summary":
    from credit_default.views.summaries.summary import Summary

    rows = tuple(
        (
            f"{entry.looked_at:%Y-%m-%d %H:%M:%S}",
            entry.person,
            entry.role,
            entry.page,
            entry.batch_id[:8],
            entry.client_hash[:8],
        )
        for entry in found.entries
    )
    if rows and not output.as_json:
        from rich.console import Console

        from credit_default.views.terminal.access_log import render_access

        Console(highlight=False, markup=False).print(render_access(rows))
    more = (f"there are older entries: --page {found.number + 1}",) if found.has_more else ()
    return Summary(
        "access-log",
        "listed" if rows else "no entry",
        counts={"entries": len(rows)},
        notes=(*(("  ".join(row) for row in rows) if output.as_json else ()), *more),
    )
