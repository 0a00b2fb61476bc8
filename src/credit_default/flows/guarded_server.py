"""The Prefect server of `up`: Prefect's own, behind a door that asks for the password of its pages too.

Prefect checks the password of its API alone; its pages, their settings and the description of the API are open to whoever
asks, and under any host name. Here all but the health checks is asked for, and only loopback's own names are answered to.
"""

import base64
import hmac
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import uvicorn

from credit_default.settings import copy_environment

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN: Final = ("/api/health", "/api/ready")
_OWN_CHECK: Final = "/api/"  # Prefect answers these itself, in the form that its clients know
_NAMES: Final = ["127.0.0.1", "localhost"]
AUTH_VARIABLE: Final = "PREFECT_SERVER_API_AUTH_STRING"


class Door:
    """An ASGI application that lets in who has the words `user:password`, and hands them on to another one.

    A websocket goes through: Prefect asks for the words in its first message.
    """

    def __init__(self, application: "ASGIApp", *, words: str) -> None:
        self._application = application
        self._expected = f"Basic {base64.b64encode(words.encode()).decode()}".encode()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """None; the request was answered, here or there."""
        if scope["type"] == "http" and not self._may_pass(scope):
            await _refuse(send)
        else:
            await self._application(scope, receive, send)

    def _may_pass(self, scope: "Scope") -> bool:
        if scope["path"] in _OPEN or scope["path"].startswith(_OWN_CHECK):
            return True
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._expected)


async def _refuse(send: "Send") -> None:
    headers = [(b"www-authenticate", b'Basic realm="prefect"'), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": b"This server asks for a user and a password.\n"})


def create_app(words: str) -> "ASGIApp":
    """Prefect's server application behind the door, for loopback's names alone."""
    from prefect.server.api.server import create_app as create_prefect
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return TrustedHostMiddleware(Door(create_prefect(), words=words), allowed_hosts=_NAMES, www_redirect=False)


def serve(port: int) -> None:
    """Nothing; returns once the server on that loopback port was ended by a signal."""
    words = copy_environment()[AUTH_VARIABLE]
    uvicorn.run(
        partial(create_app, words), factory=True, host="127.0.0.1", port=port, log_level="warning", lifespan="on",
        timeout_graceful_shutdown=5,
    )  # fmt: skip


if __name__ == "__main__":
    serve(int(sys.argv[1]))
