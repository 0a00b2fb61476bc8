"""Who sends a request: by the session in its cookie, or by the header of a reverse proxy that the settings trust."""

import datetime as dt
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from credit_default.room.access.roles import Role, User
from credit_default.room.access.sessions import Sessions
from credit_default.room.access.users_file import LONGEST_NAME, Users

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_COOKIE: Final = "credit-default-room"
_LONGEST_COOKIE: Final = 2_000  # characters; ours are shorter


@dataclass(frozen=True)
class UsersDoor:
    """People who sign in with a name and a password. The users are read at each visit: a removed one is out at once."""

    read_users: Callable[[], Users]
    sessions: Sessions
    clock: Callable[[], dt.datetime]
    is_https: bool = False

    @property
    def cookie(self) -> str:
        """Return the cookie's name; under https, one that no other host can set."""
        return f"__Host-{_COOKIE}" if self.is_https else _COOKIE

    def identify(self, request: Request) -> User | None:
        """Return the person whose session the request's cookie is."""
        cookie = self._read_cookie(request)
        return (
            self.sessions.identify(cookie, self.read_users(), now=self.clock()) if cookie else None
        )

    def gave_cookie(self, request: Request) -> bool:
        """Return whether the request's cookie is one that this room gave; its session may have ended."""
        cookie = self._read_cookie(request)
        return bool(cookie and self.sessions.read_number(cookie, self.read_users().key))

    def _read_cookie(self, request: Request) -> str:
        cookie = request.cookies.get(self.cookie, "")
        return cookie if len(cookie) <= _LONGEST_COOKIE else ""


@dataclass(frozen=True)
class HeaderDoor:
    """People whom a reverse proxy has signed in. Its header counts from its own addresses only.

    `roles` are by name or by group; of several the highest counts, and who has none is not let in.
    """

    header: str
    groups_header: str
    proxies: Sequence[Network]
    roles: Mapping[str, Role]

    def identify(self, request: Request) -> User | None:
        """Return the person whom the proxy names; nobody where another address does, or where a header stands twice.

        A name with a comma is nobody's either: a proxy that adds to the visitor's own header joins the two so.
        """
        if not is_among(read_peer(request), self.proxies):
            return None
        names = request.headers.getlist(self.header)
        if len(names) != 1 or not _is_one_name(names[0]):
            return None
        groups = request.headers.getlist(self.groups_header) if self.groups_header else []
        if len(groups) > 1:  # one may be the visitor's own
            return None
        known = [names[0], *(one.strip() for line in groups for one in line.split(","))]
        roles = [self.roles[one] for one in known if one in self.roles]
        return User(names[0], max(roles)) if roles else None


def _is_one_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and "," not in text


def read_peer(request: Request) -> str:
    """Return the address that the request comes from, a proxy's where one passes it on; "" where it is not known."""
    return request.client.host if request.client else ""


def read_origin_address(request: Request, *, proxies: Sequence[Network]) -> str:
    """Return the address of the person: the one that a trusted proxy names last, else the peer's own.

    A proxy adds it to the visitor's own header or in a header below. Of the addresses of IPv6 their network counts: everybody
    has 2^64 of them.
    """
    peer = read_peer(request)
    lines = request.headers.getlist("x-forwarded-for") if is_among(peer, proxies) else []
    passed_on = lines[-1].rpartition(",")[2].strip() if lines else ""
    return _name_network(passed_on[:64] or peer)


def _name_network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Return whether the address is in one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in network for network in networks)


def parse_network(text: str) -> Network:
    """Return an address or a network such as 10.0.0.0/8. Raises `ValueError` where it is none."""
    return ipaddress.ip_network(text, strict=False)
