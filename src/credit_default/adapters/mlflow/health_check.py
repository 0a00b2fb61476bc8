"""Wait, for a bounded time, until the MLflow server answers.

This is done before anything is begun that needs the server: at each call, MLflow's own client takes half
a minute to notice that the server does not answer.
"""

import logging
import time

from credit_default.adapters.host.http_requests import GATEWAY_STATUSES
from credit_default.errors import MlflowError, hide_credentials

_LOG = logging.getLogger(__name__)
_LONGEST_ANSWER_SECONDS, _PAUSE_SECONDS = 5.0, 0.25


def wait_for_mlflow(tracking_uri: str, *, timeout_seconds: float) -> None:
    """Wait until the server answers its health check; return at once when the store is not a server.

    Args:
        tracking_uri: MLflow's address.
        timeout_seconds: How long to wait at most.

    Raises:
        MlflowError: The server did not answer in this time, or only with errors (status 5xx), its own or a proxy's.
    """
    if not tracking_uri.startswith("http"):
        return
    import httpx  # late: the embedded store needs none

    began = time.monotonic()
    deadline = began + timeout_seconds
    found = "no answer"
    while (left := deadline - time.monotonic()) > 0:
        try:
            answer = httpx.get(
                f"{tracking_uri.rstrip('/')}/health", timeout=min(left, _LONGEST_ANSWER_SECONDS)
            )
        except httpx.HTTPError as error:
            found = str(error) or type(error).__name__
        else:
            if not answer.is_server_error and answer.status_code not in GATEWAY_STATUSES:
                _LOG.debug("mlflow answered after_seconds=%.1f", time.monotonic() - began)
                return
            found = f"status {answer.status_code}"
        time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
    _LOG.warning(
        "mlflow does not answer uri=%s waited_seconds=%g",
        hide_credentials(tracking_uri),
        timeout_seconds,
    )
    raise MlflowError(
        f"MLflow ({tracking_uri})",
        found=f"{found} in {timeout_seconds:g} s",
        expected="an answer to its health check",
        remedy="Start it, or correct CREDIT_DEFAULT_MLFLOW__TRACKING_URI, then run the command again.",
    )
