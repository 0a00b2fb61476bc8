"""Ask the Prefect server what runs, what comes next, and who serves it: a few short requests, none of which waits long."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request

from credit_default.adapters.host.http_requests import build_authorisation, open_url
from credit_default.errors import ServiceError, hide_credentials
from credit_default.services.overview.server_runs import RunToCome, RunUnderWay, ServerRuns
from credit_default.settings import copy_environment

_AUTHORISATION: Final = "PREFECT_API_AUTH_STRING"
_MOST_RUNS: Final = 20
_MOST_TO_COME: Final = 100
_LATE: Final = dt.timedelta(minutes=2)  # a worker asks every few seconds
_DONE: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


def read_server_runs(api_url: str, *, now: dt.datetime, timeout_seconds: float = 1.0) -> ServerRuns:
    """Return what the server knows of its runs.

    Args:
        api_url: The address of its API; where it is empty no server is named.
        now: The time.
        timeout_seconds: How long each answer may take at most.

    Raises:
        ServiceError: It does not answer, or refuses the request.
    """
    if not api_url:
        return ServerRuns("none")

    def ask(path: str, **wanted: Any) -> list[dict[str, Any]]:
        return _post(api_url, path, wanted, timeout_seconds=timeout_seconds)

    deployments = ask("/deployments/filter", limit=_MOST_TO_COME)
    names = {one["id"]: str(one["name"]) for one in deployments}
    runs = ask(
        "/flow_runs/filter",
        flow_runs={"state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}}},
        sort="START_TIME_DESC",
        limit=_MOST_RUNS,
    )
    scheduled = ask(
        "/flow_runs/filter",
        flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}},
        sort="EXPECTED_START_TIME_ASC",
        limit=_MOST_TO_COME,
    )
    due = [_parse_time(run["expected_start_time"]) for run in scheduled]
    return ServerRuns(
        "answers",
        find_pages_address(api_url),
        tuple(_describe_runs(ask, runs, pages=find_pages_address(api_url))) if runs else (),
        tuple(_find_next(scheduled, names, now=now)),
        sum(at is not None and at < now - _LATE for at in due),
        tuple(sorted(str(one["name"]) for one in deployments if one.get("status") != "READY")),
        bool(deployments),
    )


def find_run_address(api_url: str, *, tag: str, timeout_seconds: float = 1.0) -> str | None:
    """Return the address of the page of the newest run with that tag; None where there is none.

    Raises:
        ServiceError: It does not answer, or refuses the request.
    """
    wanted = {
        "flow_runs": {"tags": {"all_": [tag]}},
        "sort": "START_TIME_DESC",
        "limit": 1,
    }
    found = _post(api_url, "/flow_runs/filter", wanted, timeout_seconds=timeout_seconds)
    return f"{find_pages_address(api_url)}/runs/flow-run/{found[0]['id']}" if found else None


def find_pages_address(api_url: str) -> str:
    """Return the address of the server's pages, without credentials."""
    parts = urlsplit(api_url)
    place = parts.netloc.rpartition("@")[2]
    path = parts.path.rstrip("/").removesuffix("/api")
    return urlunsplit((parts.scheme, place, path, "", ""))


def _describe_runs(
    ask: Any, runs: Iterable[Mapping[str, Any]], *, pages: str
) -> Iterable[RunUnderWay]:
    ids = [run["id"] for run in runs]
    flows = ask("/flows/filter", flows={"id": {"any_": [run["flow_id"] for run in runs]}})
    names = {flow["id"]: str(flow["name"]) for flow in flows}
    steps = ask("/task_runs/filter", flow_runs={"id": {"any_": ids}}, limit=200)
    for run in runs:
        own = [step for step in steps if step["flow_run_id"] == run["id"]]
        under_way = [step["name"] for step in own if step["state_type"] == "RUNNING"]
        yield RunUnderWay(
            names.get(run["flow_id"], "a flow"),
            str(run["name"]),
            _parse_time(run["start_time"]),
            sum(step["state_type"] in _DONE for step in own),
            _name_step(under_way[-1]) if under_way else "",
            f"{pages}/runs/flow-run/{run['id']}",
        )


def _name_step(name: str) -> str:
    """Return a task run's name without the digits that Prefect puts behind it."""
    stem, _, ending = name.rpartition("-")
    return stem or ending


def _find_next(
    scheduled: Iterable[Mapping[str, Any]], names: Mapping[str, str], *, now: dt.datetime
) -> Iterable[RunToCome]:
    """Yield the next run of each deployment, the earliest first."""
    seen = set()
    for run in scheduled:
        at, name = _parse_time(run["expected_start_time"]), names.get(run["deployment_id"] or "")
        if at is not None and at >= now and name is not None and name not in seen:
            seen.add(name)
            yield RunToCome(name, at)


def _parse_time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def _post(
    api_url: str, path: str, wanted: Mapping[str, Any], *, timeout_seconds: float
) -> list[dict[str, Any]]:
    request = Request(  # noqa: S310 - the settings check the address
        f"{api_url.rstrip('/')}{path}",
        json.dumps(wanted).encode(),
        {
            "Content-Type": "application/json",
            **build_authorisation(copy_environment().get(_AUTHORISATION, "")),
        },
    )
    try:
        with open_url(request, timeout_seconds=timeout_seconds) as answer:
            return list(json.load(answer))
    except (OSError, HTTPException, ValueError) as error:
        raise ServiceError(
            f"Prefect at {hide_credentials(api_url)}",
            found=str(error) or type(error).__name__,
            expected=f"an answer within {timeout_seconds:g} s",
            remedy="Start it with `credit-default up` or `prefect server start`, or give its password in"
            f" {_AUTHORISATION}.",
        ) from error
