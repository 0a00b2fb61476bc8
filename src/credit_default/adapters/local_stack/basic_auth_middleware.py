"""A door before a server of others that shows some of its addresses to whoever asks: nothing passes without words.

A plain ASGI application around theirs. It answers 401 with the challenge that a browser understands, and judges requests
only: a websocket goes through, as servers ask for the words in its first message.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

RequestCheck = Callable[
    [str, bytes], bool
]  # of a path, and of what its request carries as Authorization


class BasicAuthMiddleware:
    """An ASGI application that hands on what it may: health checks at the addresses in `opened`, and what `admits` lets in."""

    def __init__(
        self,
        application: Any,
        *,
        name: str,
        public_paths: Collection[str],
        is_authorized: RequestCheck,
    ) -> None:
        self._application: ASGIApp = application
        self._name, self._public_paths, self._is_authorized = (
            name,
            frozenset(public_paths),
            is_authorized,
        )

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """None; the request was answered, here or there."""
        if scope["type"] == "http" and scope["path"] not in self._public_paths:
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not self._is_authorized(scope["path"], given):
                await self._send_unauthorized(send)
                return
        await self._application(scope, receive, send)

    async def _send_unauthorized(self, send: "Send") -> None:
        challenge = f'Basic realm="{self._name}"'.encode()
        headers = [(b"www-authenticate", challenge), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send(
            {"type": "http.response.body", "body": b"This server asks for a user and a password.\n"}
        )
