"""The Prefect server of `up` and of the containers: Prefect's own, behind a door that asks for the password of its pages too.

Prefect checks the password of its API alone; its pages, their settings and the description of the API are open to whoever
asks, and under any host name. Here all but the health checks is asked for, and only names are answered to that it was given:
`python -m credit_default.flows.server.basic_auth_server PORT [ADDRESS [NAME …]]`, without more for loopback alone.
"""

import base64
import hmac
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import uvicorn

from credit_default.adapters.local_stack.basic_auth_middleware import Door
from credit_default.settings import copy_environment

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_OPEN: Final = ("/api/health", "/api/ready")
_OWN_CHECK: Final = "/api/"  # Prefect answers these itself, in the form that its clients know
_LOOPBACK: Final = "127.0.0.1"
_NAMES: Final = (_LOOPBACK, "localhost")
AUTH_VARIABLE: Final = "PREFECT_SERVER_API_AUTH_STRING"


def create_app(words: str, names: Sequence[str] = _NAMES) -> "ASGIApp":
    """Prefect's server application behind the door, for requests under these host names alone."""
    from prefect.server.api.server import create_app as create_prefect
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    door = build_door(create_prefect(), words=words)
    return TrustedHostMiddleware(door, allowed_hosts=list(names), www_redirect=False)


def build_door(application: "ASGIApp", *, words: str) -> Door:
    """The application behind a door that lets in who says the words `user:password`, and leaves the API to its own check."""
    expected = f"Basic {base64.b64encode(words.encode()).decode()}".encode()

    def admits(path: str, given: bytes) -> bool:
        return path.startswith(_OWN_CHECK) or hmac.compare_digest(given, expected)

    return Door(application, name="prefect", opened=_OPEN, admits=admits)


def serve(port: int, address: str = _LOOPBACK, *names: str) -> None:
    """Nothing; returns once the server on that port was ended by a signal. `names` are answered to beside loopback's own."""
    words = copy_environment()[AUTH_VARIABLE]
    uvicorn.run(
        partial(create_app, words, (*_NAMES, *names)), factory=True, host=address, port=port, log_level="warning",
        lifespan="on", timeout_graceful_shutdown=5,
    )  # fmt: skip


if __name__ == "__main__":
    serve(int(sys.argv[1]), *sys.argv[2:])
