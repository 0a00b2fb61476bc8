"""Ask for a user and password (HTTP basic auth) in front of another project's server.

MLflow's and Prefect's servers answer some requests without credentials. This plain ASGI middleware around them
answers 401, with the challenge that a browser understands, unless the request is authorized. It checks HTTP requests
only: a websocket passes, because the servers check the credentials in its first message.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# takes a request's path and the value of its Authorization header
RequestCheck = Callable[[str, bytes], bool]

_UNAUTHORIZED_TEXT: Final = b"This server asks for a user and a password.\n"


class BasicAuthMiddleware:
    """An ASGI application that passes authorized requests to the one it wraps, and answers 401 to the others.

    Args:
        application: The ASGI application to protect.
        name: The realm that a browser shows when it asks for the credentials.
        public_paths: Paths that need no credentials, such as health checks.
        is_authorized: Whether a request with this path and Authorization header may pass.
    """

    def __init__(
        self,
        application: Any,
        *,
        name: str,
        public_paths: Collection[str],
        is_authorized: RequestCheck,
    ) -> None:
        self._application: ASGIApp = application
        self._name = name
        self._public_paths = frozenset(public_paths)
        self._is_authorized = is_authorized

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer the request with 401, or let the wrapped application answer it."""
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
        await send({"type": "http.response.body", "body": _UNAUTHORIZED_TEXT})
