"""Assemble the control room from the settings, and serve it until the process is ended."""

import datetime as dt
import logging
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from credit_default.errors import CreditDefaultError, ServiceError, SetupError
from credit_default.room.access.doors import HeaderDoor, UsersDoor, parse_network
from credit_default.room.access.passwords import check_password
from credit_default.room.access.roles import Role
from credit_default.room.access.sessions import Sessions
from credit_default.room.access.users_file import (
    is_open_to_others,
    locate_users,
    parse_users,
    read_users,
)
from credit_default.room.app import THIS_MACHINE, Room, build_app
from credit_default.room.pages.sign_in import SignIn
from credit_default.room.serving.sent_forms import MEBIBYTE
from credit_default.services.context.wiring import Wiring

if TYPE_CHECKING:
    import uvicorn

    from credit_default.room_settings import RoomSettings

_LOG = logging.getLogger(__name__)
_STOP_SECONDS: Final = 5
_MOST_CONNECTIONS: Final = 1_000  # at a time; whoever comes beyond them is answered 503


def build_room(wiring: Wiring, *, clock: Callable[[], dt.datetime]) -> Room:
    """Return the room as the settings describe it.

    Raises:
        SetupError: A header is trusted, but no address that may send it.
        InputError: The users cannot be read.
    """
    settings = wiring.settings.room
    known = (
        *THIS_MACHINE,
        settings.host,
        urlsplit(settings.address).hostname or "",
        *settings.hosts,
    )
    hosts = tuple(sorted({one.lower() for one in known if one}))
    is_https = settings.address.startswith("https://")
    if settings.trusted_header:
        return Room(
            wiring,
            _build_header_door(settings).identify,
            clock,
            hosts=hosts,
            upload_mebibytes=settings.upload_mebibytes,
            is_https=is_https,
            began_at=clock(),
        )
    door = _build_users_door(wiring, clock=clock, is_https=is_https)
    key = door.read_users().key
    sign_in = SignIn(
        door,
        wiring.lake,
        key,
        session_seconds=int(settings.session_hours * 3_600),
        upload_bytes=settings.upload_mebibytes * MEBIBYTE,
        proxies=tuple(map(parse_network, settings.trusted_proxies)),
    )
    return Room(
        wiring,
        door.identify,
        clock,
        key=key,
        ask=sign_in.ask,
        doors=sign_in.list_routes(),
        hosts=hosts,
        upload_mebibytes=settings.upload_mebibytes,
        is_https=is_https,
        began_at=clock(),
    )


def serve_room(room: Room) -> None:
    """Answer at the settings' host and port until SIGTERM or Ctrl-C.

    Raises:
        ServiceError: The port is taken.
    """
    import uvicorn

    settings = room.wiring.settings.room
    config = configure_server(room)
    with _listen(settings.host, settings.port) as listening:
        port = listening.getsockname()[1]
        if settings.host not in THIS_MACHINE and not room.is_https:
            _LOG.warning("the room is open to the network without https host=%s", settings.host)
        threading.Thread(target=_warm_up, args=(room.wiring,), daemon=True).start()
        _LOG.info(
            "serving the control room address=%s",
            settings.address or f"http://{settings.host}:{port}",
        )
        uvicorn.Server(config).run(sockets=[listening])


def configure_server(room: Room) -> "uvicorn.Config":
    """Return how the room's server answers: quietly, to a bounded number of connections, and not to dawdlers for ever."""
    import uvicorn

    from credit_default.room.serving.hurried_protocol import HurriedProtocol

    return uvicorn.Config(
        build_app(room),
        access_log=False,
        http=HurriedProtocol,
        lifespan="off",
        limit_concurrency=_MOST_CONNECTIONS,
        log_config=None,
        proxy_headers=False,  # who may name another address is decided at the doors
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        ws="none",
    )


def _build_header_door(settings: "RoomSettings") -> HeaderDoor:
    if not settings.trusted_proxies:
        raise SetupError(
            "setting room.trusted_proxies",
            found="none, while room.trusted_header is set",
            expected="the addresses of the proxies that sign people in",
            remedy="Set both: a header counts from these addresses only.",
        )
    return HeaderDoor(
        settings.trusted_header,
        settings.groups_header,
        tuple(map(parse_network, settings.trusted_proxies)),
        {name: Role[role.upper()] for name, role in settings.roles.items()},
    )


def _build_users_door(
    wiring: Wiring, *, clock: Callable[[], dt.datetime], is_https: bool
) -> UsersDoor:
    settings = wiring.settings.room
    sessions = Sessions(hours=settings.session_hours)
    if settings.users:
        users = parse_users(settings.users, thing="setting room.users")
        return UsersDoor(lambda: users, sessions, clock, is_https)
    path = locate_users(wiring.lake)
    if is_open_to_others(path):
        _LOG.warning("others on this machine can read or change the users path=%s", path)
    return UsersDoor(lambda: read_users(path), sessions, clock, is_https)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServiceError(
            f"port {port} of the control room on {host}",
            found=error.strerror or str(error),
            expected="a free port on this machine",
            remedy="Stop what listens there, or choose another port with --port (0: any free one).",
        ) from error


def _warm_up(wiring: Wiring) -> None:
    """Connect to MLflow once it answers, before somebody waits for it: its import takes seconds.

    While it is still starting, those seconds are for the first page.
    """
    check_password(
        "", hashed=None
    )  # the first one, which prepares what it compares with, takes longer
    try:
        wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.stack.startup_seconds)
        wiring.tracking.client  # noqa: B018 - made when it is first asked for
    except CreditDefaultError as error:
        _LOG.warning("mlflow is away error=%s", error)
