"""What surrounds every answer: a check of the host that was asked for, a limit to slow senders, and the security headers."""

import secrets
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credit_default.room.serving.content_policy import write_policy
from credit_default.room.serving.slow_senders import Patience, limit_pace

HEALTH: Final = "/health"  # a load balancer asks for it by whatever name
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_HTTPS_ONLY: Final = "max-age=31536000"


class Guard:
    """The application behind a check of the host's name, with the same headers on each of its answers.

    Args:
        app: What answers. The nonce of its pages' styles is in the request's state.
        hosts: The names under which the room is asked for, without ports; any other is refused, so that a page of another
            site cannot reach the room by a name that leads to this machine.
        is_https: Whether people reach the room by https, at a proxy maybe.
        patience: How slowly a request's body may arrive.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], is_https: bool, patience: Patience
    ) -> None:
        self._app, self._hosts, self._patience = app, frozenset(hosts), patience
        self._more = {"Strict-Transport-Security": _HTTPS_ONLY} if is_https else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, as ASGI has it."""
        if scope["type"] != "http":  # the room has no web sockets, and nothing to start
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), nonce)
            await send(message)

        if scope["path"] != HEALTH and self._find_host(scope) not in self._hosts:
            await _refuse_host(scope, receive, send_guarded)
            return
        await self._app(scope, limit_pace(receive, self._patience), send_guarded)

    def _add_headers(self, headers: MutableHeaders, nonce: str) -> None:
        policy = {"Content-Security-Policy": write_policy(nonce)}
        for name, value in {**policy, **_HEADERS, **self._more}.items():
            headers.setdefault(name, value)

    @staticmethod
    def _find_host(scope: Scope) -> str:
        return read_host(Headers(scope=scope).get("host", ""))


def read_host(address: str) -> str:
    """Return the name in `host:port`, in small letters; "" where there is none."""
    try:
        return urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return ""


def is_from_another_site(headers: Headers) -> bool:
    """Return whether a browser says that a page of another site sends this form."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and _read_place(origin) != headers.get("host", "").lower()


def _read_place(origin: str) -> str | None:
    """Return host and port of an origin as a browser writes it; None where it is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


async def _refuse_host(scope: Scope, receive: Receive, send: Send) -> None:
    text = (
        "The control room is not known by the name that this request asks for. "
        "Open it at its own address, or add the name to the setting room.hosts."
    )
    await PlainTextResponse(text, status_code=421)(scope, receive, send)
