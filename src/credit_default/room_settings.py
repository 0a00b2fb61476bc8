"""The settings of the control room: where it answers, under which names, who signs people in, and what they may send."""

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from credit_default.addresses import AddressError

RoleName = Literal["viewer", "analyst", "approver", "administrator"]
_HEADER = re.compile(r"[A-Za-z0-9-]*")


def check_room_address(address: str) -> str:
    """Return the address if people can open the room there: http or https, a host, no path; or empty.

    Raises:
        AddressError: It is another.
    """
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError:
        parts = urlsplit("")
    is_room = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}
    if not address or (
        is_room and not parts.query and not parts.fragment and "@" not in parts.netloc
    ):
        return address.rstrip("/")
    raise AddressError(
        "the address under which people open the control room, such as https://room.lender.example",
        remedy="Correct it, or leave it out; the room has no path of its own behind the host.",
    )


def check_network(text: str) -> str:
    """Return the text if it is an address or a network of addresses.

    Raises:
        AddressError: It is not.
    """
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise AddressError(
            "addresses of proxies, such as 10.0.4.7 or 10.0.4.0/24",
            remedy="Correct it; a name is not taken, as anybody may be able to answer for it.",
        ) from error
    return text


def check_header(name: str) -> str:
    """Return the name if it is one of a header, or empty.

    Raises:
        AddressError: It is not.
    """
    if _HEADER.fullmatch(name):
        return name
    raise AddressError("the name of a header, such as X-Forwarded-User", remedy="Correct it.")


class RoomSettings(BaseModel):
    """Where `room` answers, and who signs people in.

    It listens on `port` of `host`, by default on this machine alone. `address` is where people open
    it, such as https://room.lender.example; messages link to it. The room is known by that name, by
    those of this machine and by `hosts`, and refuses any other.
    People sign in with a name and a password, for `session_hours`; `credit-default room-users add` puts
    them in a file. `users` is the content of that file where none can be kept: a secret.
    Or a proxy signs them in: its header `trusted_header` has the name, and counts only from
    `trusted_proxies`, addresses or networks. `roles` gives each name, or each group that the header
    `groups_header` lists, a role. A form and its files may have `upload_mebibytes`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: Annotated[str, AfterValidator(check_room_address)] = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8300, ge=0, le=65535)
    hosts: tuple[str, ...] = ()
    session_hours: float = Field(default=12.0, gt=0, le=720)
    upload_mebibytes: int = Field(default=100, ge=1)
    users: str = Field(default="", repr=False)
    trusted_header: Annotated[str, AfterValidator(check_header)] = ""
    groups_header: Annotated[str, AfterValidator(check_header)] = ""
    trusted_proxies: tuple[Annotated[str, AfterValidator(check_network)], ...] = ()
    roles: dict[str, RoleName] = Field(default_factory=dict)
