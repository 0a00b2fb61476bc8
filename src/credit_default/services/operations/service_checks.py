"""Check the servers that a command may work with: whether each answers, its version, and what to do when it does not.

Each is contacted with the credentials that its own clients find in the environment. A server that no command needs is
reported, but its absence raises no alarm.
"""

import base64
import datetime as dt
import shlex
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, Final

import httpx

from credit_default.adapters.local_stack.processes import LOOPBACK
from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import ServiceError
from credit_default.gates.verdict import Verdict
from credit_default.services.context.moved_lake import describe_outside_addresses
from credit_default.services.context.wiring import Wiring
from credit_default.services.operations.stack_plan import EVIDENTLY_VARIABLE
from credit_default.settings import copy_environment

DEPLOYMENTS: Final = (
    "train/train",
    "predict-incoming/predict",
    "monitor/monitor",
    "reconcile/reconcile",
    "maintain/maintain",
)
_TIMEOUT_SECONDS: Final = 5
_CREDENTIALS_REMEDY: Final = (
    "Put its credentials into the environment: "
    "`set -a; . LAKE/stack/servers.env; set +a` after `credit-default up`."
)
_START_REMEDY: Final = "Start it with `credit-default up`"
_MLFLOW_REMEDY: Final = f"{_START_REMEDY}, or unset MLFLOW_TRACKING_URI."
_PREFECT_REMEDY: Final = f"{_START_REMEDY} or `prefect server start`, or unset PREFECT_API_URL."


def check_mlflow(wiring: Wiring) -> Verdict:
    """Return where runs and models are kept, a server's version, and how many model versions are registered.

    The level is `watch` where artifacts are kept outside the lake.

    Raises:
        ServiceError: It does not answer, or refuses the credentials.
    """
    uri = wiring.tracking.tracking_uri
    server_version = ""
    if uri.startswith("http"):
        variables = copy_environment()
        user = variables.get("MLFLOW_TRACKING_USERNAME", "")
        password = variables.get("MLFLOW_TRACKING_PASSWORD", "")
        url = f"{uri.rstrip('/')}/version"
        answer = _send_request(url, "MLflow", f"{user}:{password}", remedy=_MLFLOW_REMEDY)
        server_version = f"version {answer.text}, "
    version_count = len(wiring.registry.list_versions())
    reason = f"{uri}: {server_version}{version_count} registered versions"
    outside = describe_outside_addresses(wiring.lake, wiring.tracking)
    return (
        Verdict("mlflow", "watch", (reason, outside))
        if outside
        else Verdict("mlflow", "ok", (reason,))
    )


def check_prefect(wiring: Wiring) -> Verdict:
    """Return which Prefect server runs the flows, and its version. Raises as `check_mlflow` does."""
    if not (url := wiring.settings.prefect.api_url):
        return Verdict("prefect", "ok", ("no server named: each command starts and ends its own",))
    answer = _send_prefect_request(url, "/admin/version")
    return Verdict("prefect", "ok", (f"{url}: version {answer.json()}",))


def check_deployments(wiring: Wiring) -> Verdict:
    """Return whether a process runs what schedules and events start; the level is `watch` when none does.

    Raises as `check_mlflow` does.
    """
    if not (url := wiring.settings.prefect.api_url):
        return Verdict("deployments", "ok", ("no server named: nothing runs by itself",))
    found = {
        name: _send_prefect_request(url, f"/deployments/name/{name}", may_be_absent=True)
        for name in DEPLOYMENTS
    }
    missing = [name for name in found if found[name].status_code == httpx.codes.NOT_FOUND]
    registered = {name: found[name].json() for name in found if name not in missing}
    idle = [name for name, one in registered.items() if one["status"] != "READY"]
    served = tuple(
        f"{name}: {_describe_last_poll(one)}"
        for name, one in registered.items()
        if name not in idle
    )
    if not missing and not idle:
        return Verdict("deployments", "ok", served)
    problems = [
        f"{', '.join(names)} {problem}"
        for names, problem in ((missing, "not registered"), (idle, "not served by any process"))
        if names
    ]
    reason = f"{'; '.join(problems)}: start `credit-default serve`"
    return Verdict("deployments", "watch", (reason, *served))


def check_evidently(wiring: Wiring) -> Verdict:
    """Return where Evidently's pages are, and their version; nothing else needs them to work.

    Raises:
        ServiceError: The environment names an address of theirs that does not answer.
    """
    named = copy_environment().get(EVIDENTLY_VARIABLE, "")
    url = named or f"http://{LOOPBACK}:{wiring.settings.stack.evidently_port}"
    try:
        answer = _send_request(f"{url}/api/version", "Evidently", "", remedy=f"{_START_REMEDY}.")
    except ServiceError as error:
        if named:
            raise
        start = f"`evidently ui --workspace {shlex.quote(str(wiring.lake.workspace))}` or `credit-default up`"
        reason = f"no pages at {url} ({error.found}): {start} shows the monitored batches"
        return Verdict("evidently", "ok", (reason,))
    version = answer.json().get("version", answer.text)
    return Verdict("evidently", "ok", (f"{url}: version {version}",))


def check_queue(wiring: Wiring) -> Verdict:
    """Return how many messages wait in the queue that `listen` reads.

    Raises:
        InputError: There is no such queue.
        ServiceError: It does not answer.
    """
    if not (url := wiring.settings.listen.queue_url):
        how = "polled" if wiring.lake.in_bucket else "watched"
        reason = f"none named: incoming/ is {how} by `credit-default listen`"
        return Verdict("queue", "ok", (reason,))
    with closing(MessageQueue(url)) as queue:
        waiting = queue.count_waiting()
    return Verdict("queue", "ok", (f"{url}: {waiting} messages wait",))


def _send_prefect_request(url: str, path: str, *, may_be_absent: bool = False) -> httpx.Response:
    user_and_password = copy_environment().get("PREFECT_API_AUTH_STRING", "")
    accepted = (httpx.codes.NOT_FOUND,) if may_be_absent else ()
    return _send_request(
        f"{url.rstrip('/')}{path}",
        "Prefect",
        user_and_password,
        remedy=_PREFECT_REMEDY,
        accepted=accepted,
    )


def _send_request(
    url: str, name: str, user_and_password: str, *, remedy: str, accepted: Iterable[int] = ()
) -> httpx.Response:
    """Return the server's answer, if its status says success or is one of those `accepted` besides.

    Raises:
        ServiceError: The server did not answer or answered with another status. Where it refused the credentials, the remedy is
            to set them.
    """
    headers = {}
    if user_and_password.strip(":"):
        encoded = base64.b64encode(user_and_password.encode()).decode()
        headers = {"Authorization": f"Basic {encoded}"}
    try:
        answer = httpx.get(url, headers=headers, timeout=_TIMEOUT_SECONDS)
        if answer.status_code not in accepted:
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
