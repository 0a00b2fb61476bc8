"""Send HTTP requests with the standard library: to this machine's own servers directly, past any proxy."""

import base64
from http.client import HTTPResponse
from typing import Final
from urllib.request import ProxyHandler, Request, build_opener

from credit_default.addresses import is_on_this_machine

# Statuses of proxies and gateways: they say that the server behind them was not reached, or is not ready.
GATEWAY_STATUSES: Final = frozenset({407, 502, 503, 504})


def open_url(request: Request | str, *, timeout_seconds: float) -> HTTPResponse:
    """Send the request, http or https, and return the open answer.

    Args:
        request: The address, or a request to it.
        timeout_seconds: How long each read may take at most.

    Raises:
        OSError: There is no answer, or one with an error status (`urllib.error.HTTPError`).
        ValueError: It is not an address.
    """
    url = request if isinstance(request, str) else request.full_url
    opener = build_opener(ProxyHandler({})) if is_on_this_machine(url) else build_opener()
    answer: HTTPResponse = opener.open(request, timeout=timeout_seconds)
    return answer


def build_authorisation(user_and_password: str) -> dict[str, str]:
    """Return the header that says who asks, from `user:password`; none where that is empty."""
    if not user_and_password.strip(":"):
        return {}
    return {"Authorization": f"Basic {base64.b64encode(user_and_password.encode()).decode()}"}
