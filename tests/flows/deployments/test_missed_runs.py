import asyncio
import datetime as dt
import time
import uuid

import httpx
import pytest
from prefect.client.orchestration import get_client

from credit_default.flows.deployments.definitions import build_deployments
from credit_default.flows.deployments.missed_runs import (
    MissedRuns,
    has_newer_run,
    is_superseded,
    skip_missed_runs,
)
from credit_default.settings_sections import ScheduleSettings

pytestmark = pytest.mark.xdist_group("prefect")

BUSY = 503  # its database is being written to by the scheduler


def register(name, **schedule):
    [deployment] = [
        one for one in build_deployments(ScheduleSettings(**schedule)) if one.name == name
    ]
    deployment.name = f"{name}-{uuid.uuid4().hex[:8]}"
    return deployment.apply()


def plant_missed(server, deployment_id, *, days):
    """Scheduled runs that were missed because no worker was there."""
    now = dt.datetime.now(dt.UTC)
    span = {
        "start_time": (now - dt.timedelta(days=days)).isoformat(),
        "end_time": now.isoformat(),
        "min_runs": 100,
        "max_runs": 100,
    }
    for _ in range(240):
        answer = httpx.post(
            f"{server}/deployments/{deployment_id}/schedule", json=span, timeout=300
        )
        if answer.status_code != BUSY:
            break
        time.sleep(0.5)
    answer.raise_for_status()


def find_runs(server, deployment_id):
    return [
        (run["state"]["name"], run["auto_scheduled"]) for run in read_due(server, deployment_id)
    ]


def list_due(server, deployment_id):
    return [run["id"] for run in read_due(server, deployment_id)]


def read_due(server, deployment_id):
    now = dt.datetime.now(dt.UTC).isoformat()
    wanted = {
        "deployments": {"id": {"any_": [str(deployment_id)]}},
        "flow_runs": {"expected_start_time": {"before_": now}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    return (
        httpx.post(f"{server}/flow_runs/filter", json=wanted, timeout=300).raise_for_status().json()
    )


def skip(*deployment_ids):
    async def act():
        async with get_client() as client:
            return await skip_missed_runs(client, deployment_ids)

    return asyncio.run(act())


def test_of_the_missed_runs_only_the_newest_is_run(use_full_prefect_server):
    daily, often = register("predict"), register("monitor", monitor="0 * * * *")
    plant_missed(use_full_prefect_server, daily, days=5)
    plant_missed(use_full_prefect_server, often, days=1)

    skipped = skip(daily, often)

    days, hours = (
        find_runs(use_full_prefect_server, daily),
        find_runs(use_full_prefect_server, often),
    )
    assert skipped == MissedRuns(len(days) + len(hours) - 2, frozenset({daily, often}))
    assert (len(days), len(hours)) == (5, 24)
    assert [name for name, _ in days[:-1]] == ["Skipped"] * (len(days) - 1)
    assert days[-1][0] in {"Scheduled", "Late"}
    assert hours[-1][0] in {"Scheduled", "Late"}
    assert skip(daily, often).skipped_count == 0


def test_late_run_that_a_worker_starts_leaves_the_work_to_the_newest(use_full_prefect_server):
    deployment_id = register("predict")
    plant_missed(use_full_prefect_server, deployment_id, days=3)

    with get_client(sync_client=True) as client:
        planted = [
            client.read_flow_run(run_id)
            for run_id in list_due(use_full_prefect_server, deployment_id)
        ]

    assert [has_newer_run(run) for run in planted] == [True, True, False]


def test_run_that_no_schedule_began_is_never_superseded():
    assert not is_superseded()


def test_runs_that_an_event_asked_for_are_not_skipped(use_full_prefect_server):
    deployment_id = register("train")
    for _ in range(3):
        asked = httpx.post(
            f"{use_full_prefect_server}/deployments/{deployment_id}/create_flow_run",
            json={},
            timeout=300,
        )
        asked.raise_for_status()

    assert skip(deployment_id) == MissedRuns(0, frozenset())
    assert [auto for _, auto in find_runs(use_full_prefect_server, deployment_id)] == [False] * 3
