"""What answers of the servers that a command may work with, at which version, and what to do about what does not.

Each is asked with the user_and_password that its own clients find in the environment. What nobody needs for a command to work is told
and rings no alarm.
"""

import base64
import datetime as dt
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import httpx

from credit_default.adapters.local_stack.processes import LOOPBACK
from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import ServiceError
from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.operations.stack_plan import EVIDENTLY_VARIABLE
from credit_default.settings import copy_environment

DEPLOYMENTS: Final = (
    "train/train",
    "predict-incoming/predict",
    "monitor/monitor",
    "reconcile/reconcile",
)
_TIMEOUT_SECONDS: Final = 5
_CREDENTIALS_REMEDY: Final = "Put its user_and_password into the environment: `set -a; . LAKE/stack/servers.env; set +a` after `credit-default up`."
_START_REMEDY: Final = "Start it with `credit-default up`"


def check_mlflow(wiring: Wiring) -> Verdict:
    """Where runs and models are kept, at which version where it is a server, and how many versions are registered.

    Raises:
        ServiceError: it does not answer, or not to our user_and_password.
    """
    uri = wiring.tracking.tracking_uri
    told = ""
    if uri.startswith("http"):
        variables = copy_environment()
        user_and_password = f"{variables.get('MLFLOW_TRACKING_USERNAME', '')}:{variables.get('MLFLOW_TRACKING_PASSWORD', '')}"
        answer = _send_request(
            f"{uri.rstrip('/')}/version",
            "MLflow",
            user_and_password,
            remedy=f"{_START_REMEDY}, or unset MLFLOW_TRACKING_URI.",
        )
        told = f"version {answer.text}, "
    return Verdict(
        "mlflow",
        "ok",
        (f"{uri}: {told}{len(wiring.registry.list_versions())} registered versions",),
    )


def check_prefect(wiring: Wiring) -> Verdict:
    """Which Prefect server runs the flows, and its version. Raises as `check_mlflow`."""
    if not (url := wiring.settings.prefect.api_url):
        return Verdict("prefect", "ok", ("no server named: each command starts and ends its own",))
    answer = _send_prefect_request(url, "/admin/version")
    return Verdict("prefect", "ok", (f"{url}: version {answer.json()}",))


def check_deployments(wiring: Wiring) -> Verdict:
    """Whether somebody runs what the clock and events start: `watch` where nobody does. Raises as `check_mlflow`."""
    if not (url := wiring.settings.prefect.api_url):
        return Verdict("deployments", "ok", ("no server named: nothing runs by itself",))
    found = {
        name: _send_prefect_request(url, f"/deployments/name/{name}", absent=True)
        for name in DEPLOYMENTS
    }
    missing = [
        name for name, answer in found.items() if answer.status_code == httpx.codes.NOT_FOUND
    ]
    idle = [
        name for name in found if name not in missing and found[name].json()["status"] != "READY"
    ]
    told = tuple(
        f"{name}: {_describe_last_poll(found[name].json())}"
        for name in found
        if name not in missing + idle
    )
    if not missing and not idle:
        return Verdict("deployments", "ok", told)
    what = [
        f"{', '.join(names)} {why}"
        for names, why in ((missing, "not registered"), (idle, "served by nobody"))
        if names
    ]
    return Verdict(
        "deployments", "watch", (f"{'; '.join(what)}: start `credit-default serve`", *told)
    )


def check_evidently(wiring: Wiring) -> Verdict:
    """Where Evidently's pages are, and their version; they are not needed for anything else to work."""
    named = copy_environment().get(EVIDENTLY_VARIABLE, "")
    port = wiring.settings.stack.evidently_port
    url = named or f"http://{LOOPBACK}:{port}"
    try:
        answer = _send_request(f"{url}/api/version", "Evidently", "", remedy=f"{_START_REMEDY}.")
        return Verdict(
            "evidently", "ok", (f"{url}: version {answer.json().get('version', answer.text)}",)
        )
    except ServiceError as error:
        if named:
            raise
        shown = f"`evidently ui --workspace {wiring.lake.workspace}` or `credit-default up` shows the monitored batches"
        return Verdict("evidently", "ok", (f"no pages at {url} ({error.found}): {shown}",))


def check_queue(wiring: Wiring) -> Verdict:
    """How many messages wait in the queue that `listen` reads.

    Raises:
        InputError: there is no such queue.
        ServiceError: it does not answer.
    """
    if not (url := wiring.settings.listen.queue_url):
        how = "looked at again and again" if wiring.lake.in_bucket else "watched"
        return Verdict(
            "queue", "ok", (f"none named: incoming/ is {how} by `credit-default listen`",)
        )
    with closing(MessageQueue(url)) as queue:
        waiting = queue.count_waiting()
    return Verdict("queue", "ok", (f"{url}: {waiting} messages wait",))


def _send_prefect_request(url: str, path: str, *, absent: bool = False) -> httpx.Response:
    user_and_password = copy_environment().get("PREFECT_API_AUTH_STRING", "")
    remedy = f"{_START_REMEDY} or `prefect server start`, or unset PREFECT_API_URL."
    return _send_request(
        f"{url.rstrip('/')}{path}", "Prefect", user_and_password, remedy=remedy, absent=absent
    )


def _send_request(
    url: str, name: str, user_and_password: str, *, remedy: str, absent: bool = False
) -> httpx.Response:
    """The server's answer; one of 404 only where something may be absent."""
    headers = (
        {"Authorization": f"Basic {base64.b64encode(user_and_password.encode()).decode()}"}
        if user_and_password.strip(":")
        else {}
    )
    try:
        answer = httpx.get(url, headers=headers, timeout=_TIMEOUT_SECONDS)
        if answer.status_code == httpx.codes.NOT_FOUND and absent:
            return answer
        answer.raise_for_status()
    except httpx.HTTPError as error:
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else None
        refused = status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
        raise ServiceError(
            f"{name} at {url}",
            found=f"status {status}" if status else str(error) or type(error).__name__,
            expected="an answer",
            remedy=_CREDENTIALS_REMEDY if refused else remedy,
        ) from error
    return answer


def _describe_last_poll(deployment: Mapping[str, Any]) -> str:
    if not deployment.get("last_polled"):
        return "served"
    seen = dt.datetime.fromisoformat(deployment["last_polled"])
    return f"served, last seen {seen:%Y-%m-%d %H:%M:%S} UTC"
