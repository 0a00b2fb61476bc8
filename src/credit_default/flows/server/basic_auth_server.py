"""Prefect's server behind basic auth, as `credit-default up` and the containers run it.

Prefect itself asks for the password at its API only; its pages, their settings and the description of the API need
no credentials, under any host name. Here everything except the health checks needs the credentials, and requests are
answered only under the given host names:
`python -m credit_default.flows.server.basic_auth_server PORT [ADDRESS [NAME …]]`, on loopback by default.
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

_PUBLIC_PATHS: Final = ("/api/health", "/api/ready")
# Prefect checks these itself, and refuses them in the form that its clients understand.
_PREFIX_CHECKED_BY_PREFECT: Final = "/api/"
_LOOPBACK_ADDRESS: Final = "127.0.0.1"
_LOOPBACK_HOST_NAMES: Final = (_LOOPBACK_ADDRESS, "localhost")
AUTH_VARIABLE: Final = "PREFECT_SERVER_API_AUTH_STRING"


def create_app(
    user_and_password: str, host_names: Sequence[str] = _LOOPBACK_HOST_NAMES
) -> "ASGIApp":
    """Return Prefect's server application behind basic auth.

    Args:
        user_and_password: The credentials to ask for, as `user:password`.
        host_names: The only host names under which requests are answered.
    """
    from prefect.server.api.server import create_app as create_prefect
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    guarded = add_basic_auth(create_prefect(), user_and_password=user_and_password)
    return TrustedHostMiddleware(guarded, allowed_hosts=list(host_names), www_redirect=False)


def add_basic_auth(application: "ASGIApp", *, user_and_password: str) -> BasicAuthMiddleware:
    """Return the application behind basic auth; the API is left to Prefect's own check of the same credentials."""
    expected = f"Basic {base64.b64encode(user_and_password.encode()).decode()}".encode()

    def is_authorized(path: str, given: bytes) -> bool:
        return path.startswith(_PREFIX_CHECKED_BY_PREFECT) or hmac.compare_digest(given, expected)

    return BasicAuthMiddleware(
        application, name="prefect", public_paths=_PUBLIC_PATHS, is_authorized=is_authorized
    )


def run_guarded_server(port: int, address: str = _LOOPBACK_ADDRESS, *host_names: str) -> None:
    """Serve on this port until a signal ends it.

    Args:
        port: The port.
        address: The network interface's address to listen on.
        host_names: Host names to accept besides those of loopback.
    """
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
