"""Is the MLflow server there? Asked for a bounded time before anything is begun that needs it.

MLflow's own client takes half a minute to find out, at each of its calls.
"""

import time

import httpx

from credit_default.adapters.mlflow.errors import MLFLOW_ERROR_PREFIX
from credit_default.errors import ServiceError

_LONGEST_ANSWER_SECONDS, _PAUSE_SECONDS = 5.0, 0.25


def wait_for_mlflow(tracking_uri: str, *, timeout_seconds: float) -> None:
    """Nothing; returns once the server answers its health check, at once where the store is no server.

    Raises:
        ServiceError: it did not in this time.
    """
    if not tracking_uri.startswith("http"):
        return
    deadline = time.monotonic() + timeout_seconds
    found = "no answer"
    while (left := deadline - time.monotonic()) > 0:
        try:
            answer = httpx.get(
                f"{tracking_uri.rstrip('/')}/health", timeout=min(left, _LONGEST_ANSWER_SECONDS)
            )
        except httpx.HTTPError as error:
            found = str(error) or type(error).__name__
        else:
            if not answer.is_server_error:
                return
            found = f"status {answer.status_code}"
        time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
    raise ServiceError(
        f"{MLFLOW_ERROR_PREFIX} ({tracking_uri})",
        found=f"{found} in {timeout_seconds:g} s",
        expected="an answer to its health check",
        remedy="Start it, or mend CREDIT_DEFAULT_MLFLOW__TRACKING_URI, then run the command again.",
    )
