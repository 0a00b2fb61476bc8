"""The Prefect server of `up` and of the containers: Prefect's own, behind a door that asks for the password of its pages too.

Prefect checks the password of its API alone; its pages, their settings and the description of the API are open to whoever
asks, and under any host name. Here all but the health checks is asked for, and only host_names are answered to that it was given:
`python -m credit_default.flows.server.basic_auth_server PORT [ADDRESS [NAME …]]`, without more for loopback alone.
"""

import base64
import hmac
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import uvicorn

from credit_default.adapters.local_stack.basic_auth_middleware import BasicAuthMiddleware
from credit_default.settings import copy_environment

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_OPEN_PATHS: Final = ("/api/health", "/api/ready")
_PREFIX_CHECKED_BY_PREFECT: Final = (
    "/api/"  # Prefect answers these itself, in the form that its clients know
)
_LOOPBACK_ADDRESS: Final = "127.0.0.1"
_LOOPBACK_HOST_NAMES: Final = (_LOOPBACK_ADDRESS, "localhost")
AUTH_VARIABLE: Final = "PREFECT_SERVER_API_AUTH_STRING"


def create_app(
    user_and_password: str, host_names: Sequence[str] = _LOOPBACK_HOST_NAMES
) -> "ASGIApp":
    """Prefect's server application behind the door, for requests under these host host_names alone."""
    from prefect.server.api.server import create_app as create_prefect
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    door = add_basic_auth(create_prefect(), user_and_password=user_and_password)
    return TrustedHostMiddleware(door, allowed_hosts=list(host_names), www_redirect=False)


def add_basic_auth(application: "ASGIApp", *, user_and_password: str) -> BasicAuthMiddleware:
    """The application behind a door that lets in who says the user_and_password `user:password`, and leaves the API to its own check."""
    expected = f"Basic {base64.b64encode(user_and_password.encode()).decode()}".encode()

    def is_authorized(path: str, given: bytes) -> bool:
        return path.startswith(_PREFIX_CHECKED_BY_PREFECT) or hmac.compare_digest(given, expected)

    return BasicAuthMiddleware(
        application, name="prefect", public_paths=_OPEN_PATHS, is_authorized=is_authorized
    )


def run_guarded_server(port: int, address: str = _LOOPBACK_ADDRESS, *host_names: str) -> None:
    """Nothing; returns once the server on that port was ended by a signal. `host_names` are answered to beside loopback's own."""
    user_and_password = copy_environment()[AUTH_VARIABLE]
    uvicorn.run(
        partial(create_app, user_and_password, (*_LOOPBACK_HOST_NAMES, *host_names)),
        factory=True,
        host=address,
        port=port,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    run_guarded_server(int(sys.argv[1]), *sys.argv[2:])
