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
        cookie = request.cookies.get(self.cookie, "")
        if not 0 < len(cookie) <= _LONGEST_COOKIE:
            return None
        return self.sessions.identify(cookie, self.read_users(), now=self.clock())


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
        """Return the person whom the proxy names; nobody where another address does, or names more than one."""
        if not is_among(read_peer(request), self.proxies):
            return None
        names = request.headers.getlist(self.header)
        if len(names) != 1 or not 0 < len(names[0]) <= LONGEST_NAME or not names[0].isprintable():
            return None
        groups = request.headers.get(self.groups_header, "") if self.groups_header else ""
        known = [names[0], *(one.strip() for one in groups.split(","))]
        roles = [self.roles[one] for one in known if one in self.roles]
        return User(names[0], max(roles)) if roles else None


def read_peer(request: Request) -> str:
    """Return the address that the request comes from, a proxy's where one passes it on; "" where it is not known."""
    return request.client.host if request.client else ""


def read_origin_address(request: Request, *, proxies: Sequence[Network]) -> str:
    """Return the address of the person: the one that a trusted proxy names last, else the peer's own."""
    peer = read_peer(request)
    passed_on = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return passed_on[:64] if passed_on and is_among(peer, proxies) else peer


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
