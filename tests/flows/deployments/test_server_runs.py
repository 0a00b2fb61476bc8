import datetime as dt
import time

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.states import Scheduled

from credit_default.errors import ServiceError
from credit_default.flows.deployments.definitions import build_deployments
from credit_default.flows.deployments.server_runs import (
    find_pages_address,
    find_run_address,
    read_server_runs,
)
from credit_default.flows.runs.artifacts import publish_summary
from credit_default.services.overview.server_runs import build_run_tag
from credit_default.settings_sections import ScheduleSettings
from credit_default.views.summaries.summary import Summary

pytestmark = pytest.mark.xdist_group("prefect")


def look(server):
    return read_server_runs(server, now=dt.datetime.now(dt.UTC), timeout_seconds=30)


@pytest.mark.nightly
def test_run_under_way_is_shown_with_its_steps(use_full_prefect_server):
    @task
    def check():
        return 1

    @task
    def score():
        # the server writes down the states of tasks a moment after they were reached
        for _ in range(300):
            found = look(use_full_prefect_server)
            if any(run.done_count and run.step for run in found.running):
                break
            time.sleep(0.1)
        return found

    @flow(name="room-watched")
    def watched():
        check()
        return score()

    found = watched()
    [run] = [run for run in found.running if run.flow == "room-watched"]

    assert (run.done_count, run.step) == (1, "score")
    assert run.address.startswith(f"{find_pages_address(use_full_prefect_server)}/runs/flow-run/")
    assert not [run for run in look(use_full_prefect_server).running if run.flow == "room-watched"]


def test_run_that_published_a_batch_is_found_by_it_and_links_to_the_room(prefect_server):
    batch = f"{time.time_ns():016x}"[:16]

    @flow
    def published():
        summary = Summary("predict", "scored", batch_id=batch, model_version=2)
        publish_summary(summary, simulated=False, room="http://room.example")

    published()

    tag = build_run_tag(batch)
    with get_client(sync_client=True) as client:
        [artifact] = [
            one for one in client.read_artifacts() if one.data and f"/batches/{batch}" in one.data
        ]
    address = find_run_address(prefect_server, tag=tag, timeout_seconds=30)
    assert address.endswith(f"/runs/flow-run/{artifact.flow_run_id}")
    assert f"(http://room.example/batches/{batch}?version=2)" in artifact.data
    assert find_run_address(prefect_server, tag="batch none", timeout_seconds=30) is None


def test_runs_to_come_and_deployments_that_nobody_serves_are_listed(prefect_server):
    [plan] = [one for one in build_deployments(ScheduleSettings()) if one.name == "reconcile"]
    plan.name = f"reconcile-{time.time_ns()}"
    deployment_id = plan.apply()
    now = dt.datetime.now(dt.UTC)
    with get_client(sync_client=True) as client:
        for hours in (-1, 2, 3):
            client.create_flow_run_from_deployment(
                deployment_id, state=Scheduled(scheduled_time=now + dt.timedelta(hours=hours))
            )
        try:
            found = look(prefect_server)
        finally:
            client.delete_deployment(deployment_id)

    own = [run for run in found.to_come if run.deployment == plan.name]
    assert [round((run.at - now).total_seconds() / 3600) for run in own] == [2]
    assert found.late_count >= 1
    assert plan.name in found.idle
    assert found.is_registered


def test_server_that_is_away_is_told_within_the_time_that_it_had():
    began = time.monotonic()

    with pytest.raises(ServiceError, match=r"Prefect at http://\*\*\*@127.0.0.1:9/api.*up"):
        read_server_runs("http://me:secret@127.0.0.1:9/api", now=dt.datetime.now(dt.UTC))

    assert time.monotonic() - began < 2


def test_no_server_is_asked_where_none_is_named():
    assert look("").state == "none"


def test_address_of_the_pages_has_no_password():
    assert find_pages_address("http://me:secret@prefect:4200/api") == "http://prefect:4200"
