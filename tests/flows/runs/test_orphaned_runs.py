import datetime as dt
import subprocess
import sys
import time
import uuid

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.events import Event
from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter
from prefect.events.schemas.events import Resource
from prefect.states import Cancelling as CancellingState
from prefect.states import Pending, Running

from credit_default.adapters.host.process_marks import read_own_mark
from credit_default.flows.predict import predict
from credit_default.flows.runs.orphaned_runs import close_flow_runs, mark_run

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

SILENCE = dt.timedelta(seconds=240)
OWN = f"process:{read_own_mark()}"


@flow(name="another-flow")
def another_flow():
    """A flow that is not ours."""


@pytest.fixture(scope="module")
def dead():
    """The tag of a process of this machine that has ended."""
    code = "from credit_default.adapters.host.process_marks import read_own_mark; print(read_own_mark())"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return f"process:{ended.stdout.strip()}"


@pytest.fixture
def client():
    with get_client(sync_client=True) as opened:
        yield opened


@pytest.fixture
def plant(client):
    """A flow run that is not ended, with these tags; it is deleted at the end."""
    planted = []

    def plant_run(*tags, state=None, of=predict):
        run = client.create_flow_run(
            of, parameters={"batch": "x.csv"} if of is predict else {}, tags=tags
        )
        client.set_flow_run_state(run.id, state or Running(), force=True)
        planted.append(run.id)
        return run.id

    yield plant_run
    for run_id in planted:
        client.delete_flow_run(run_id)


def close(*, later=0):
    return close_flow_runs(
        now=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=later), silence=SILENCE
    )


def state_of(client, run_id):
    return client.read_flow_run(run_id).state.type.value


@pytest.mark.parametrize("state", [Running, Pending, CancellingState])
def test_run_of_a_process_that_was_killed_is_crashed_at_once_and_once(client, plant, dead, state):
    run_id = plant(dead, state=state())

    closed, again = close(), close()

    assert closed.counts == {"flow runs closed": 1}
    assert state_of(client, run_id) == "CRASHED"
    assert str(run_id) in closed.notes[0]
    assert (again.counts, again.notes) == ({"flow runs closed": 0}, ())


def test_run_of_a_process_at_work_is_left_alone_however_long_it_takes(client, plant):
    run_id = plant(OWN)

    assert close(later=1_000_000).counts == {"flow runs closed": 0}
    assert state_of(client, run_id) == "RUNNING"


@pytest.mark.parametrize("tags", [("process:elsewhere/1/1",), (), ("process:nonsense",)])
@pytest.mark.parametrize(("later", "state"), [(200, "RUNNING"), (280, "CRASHED")])
def test_run_of_an_unknown_process_is_crashed_after_its_silence(client, plant, tags, later, state):
    run_id = plant(*tags)

    close(later=later)

    assert state_of(client, run_id) == state


def test_heartbeat_is_a_sign_of_life(client, plant):
    run_id = plant("process:elsewhere/1/1")
    began = client.read_flow_run(run_id).state.timestamp
    resource = Resource({"prefect.resource.id": f"prefect.flow-run.{run_id}"})
    time.sleep(0.5)
    beat = Event(event="prefect.flow-run.heartbeat", resource=resource, id=uuid.uuid4())
    client.request("POST", "/events", json=[beat.model_dump(mode="json")])
    wanted = EventFilter(
        event=EventNameFilter(name=[beat.event]), resource=EventResourceFilter(id=[resource.id])
    )
    deadline = time.monotonic() + 300
    while not client.read_events(wanted, limit=1).events and time.monotonic() < deadline:
        time.sleep(0.1)

    close_flow_runs(now=began + dt.timedelta(seconds=240.3), silence=SILENCE)
    held = state_of(client, run_id)
    close_flow_runs(now=beat.occurred + dt.timedelta(seconds=241), silence=SILENCE)

    assert (held, state_of(client, run_id)) == ("RUNNING", "CRASHED")


def test_flow_that_is_not_ours_is_left_alone(client, plant, dead):
    run_id = plant(dead, of=another_flow)

    assert close(later=1_000_000).counts == {"flow runs closed": 0}
    assert state_of(client, run_id) == "RUNNING"


def test_mark_is_added_to_other_tags_and_replaces_an_older_mark(client, plant):
    run_id = plant("a person's", "process:elsewhere/1/1")

    mark_run(predict, client.read_flow_run(run_id), Running())

    assert set(client.read_flow_run(run_id).tags) == {"a person's", OWN}


def test_run_of_a_flow_carries_the_mark_of_its_process(client, trained, simulated_files):
    state = predict(batch=str(simulated_files.batch), overrides=trained, return_state=True)

    assert OWN in client.read_flow_run(state.state_details.flow_run_id).tags


def test_api_that_is_away_is_a_verdict_and_fails_nothing():
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    unreachable = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(updates=unreachable):
        closed = close()

    assert closed.counts == {}
    assert (closed.verdict.gate, closed.verdict.level) == ("prefect", "watch")
