"""Find out whether the Prefect server that the settings name answers."""

import http.client
import time
import urllib.error

from credit_default.adapters.host.http_requests import GATEWAY_STATUSES, open_url
from credit_default.errors import InputError

_LONGEST_ANSWER_SECONDS, _PAUSE_SECONDS = 5.0, 0.25


def is_server_reachable(api_url: str, *, timeout_seconds: float) -> bool:
    """Return whether a server at this address answers within the time, even if it refuses the request.

    The answer of a proxy or a gateway that did not reach it is not the server's.

    Args:
        api_url: The address of its API; where it is empty no server is named, and none is reachable.
        timeout_seconds: How long to wait for an answer at most.

    Raises:
        InputError: It is not an address.
    """
    deadline = time.monotonic() + timeout_seconds
    while api_url and (left := deadline - time.monotonic()) > 0:
        url, patience = f"{api_url.rstrip('/')}/health", min(left, _LONGEST_ANSWER_SECONDS)
        try:
            with open_url(url, timeout_seconds=patience):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in GATEWAY_STATUSES:
                return True
            time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
        except (OSError, http.client.HTTPException):
            time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
        except ValueError as error:
            raise InputError(
                "setting prefect.api_url",
                found=repr(api_url),
                expected="an address such as http://127.0.0.1:4200/api",
                remedy="Correct CREDIT_DEFAULT_PREFECT__API_URL or PREFECT_API_URL.",
            ) from error
    return False
