"""room: serve the control room alone, until the process is ended."""

from collections.abc import Mapping
from typing import Annotated

import typer

from credit_default.cli.terminal.endings import end_on_error, log_unexpected_error
from credit_default.cli.terminal.output import configure_logging
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import (
    OF_EVERY_PROCESS,
    SharedOptions,
    takes_shared_options,
)


@takes_shared_options("lake", of_every=OF_EVERY_PROCESS)
def room(
    host: Annotated[
        str | None,
        typer.Option(
            "--host", help="Where to listen.  [default: this machine]", show_default=False
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="0: any free one.  [default: 8300]", show_default=False
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Serve the control room, pages that show the state of the lake, until SIGTERM (143).

    People sign in as `credit-default room-users list` names them.
    """
    given = {"host": host, "port": port}
    own = {name: value for name, value in given.items() if value is not None}
    with end_on_error("room", record=log_unexpected_error):
        _serve(shared, own)


def _serve(shared: SharedOptions, own: Mapping[str, object]) -> None:
    settings = read_settings(shared, room=own or None)
    configure_logging(shared, usual="info")
    from credit_default.flows.server.session import prepare_libraries

    prepare_libraries(settings)
    from credit_default.flows.runs.context import read_clock, read_commit
    from credit_default.room.server import build_room, serve_room
    from credit_default.services.context.wiring import build_wiring

    wiring = build_wiring(settings, commit=read_commit())
    wiring.follow_lake()
    serve_room(build_room(wiring, clock=read_clock))
