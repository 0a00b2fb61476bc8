import prefect
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import MissingResult
from prefect.states import Completed

from credit_default.errors import RefusedError
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.views.summaries.summary import Summary

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

SUMMARY = Summary("maintain", "2 merged")
REFUSAL = RefusedError("batch", found="x", expected="y", remedy="Do z.")


@pytest.fixture
def _lost_replies(monkeypatch):
    """Every reply to a final state is lost, so that the client sends the same request to the real server once more."""
    send = SyncPrefectClient.request

    def send_again(client, method, path, **more):
        reply = send(client, method, path, **more)
        state = (more.get("json") or {}).get("state", {})
        is_final = path.endswith("/set_state") and state["type"] in {"COMPLETED", "FAILED"}
        return send(client, method, path, **more) if is_final else reply

    monkeypatch.setattr(SyncPrefectClient, "request", send_again)


def complete():
    return Completed(name="Maintained", message=SUMMARY.status, data=SUMMARY)


def fail():
    raise REFUSAL


@pytest.mark.usefixtures("_lost_replies")
def test_run_keeps_its_summary_when_the_reply_to_its_final_state_is_lost():
    @build_flow("outer")
    def outer():
        return Completed(data=Summary("outer", build_flow("inner")(complete)().status))

    state = build_flow("kept")(complete)(return_state=True)

    assert (state.name, state.result()) == ("Maintained", SUMMARY)
    assert outer().status == SUMMARY.status


@pytest.mark.usefixtures("_lost_replies")
def test_run_keeps_its_error_when_the_reply_to_its_final_state_is_lost():
    state = build_flow("kept")(fail)(return_state=True)

    assert state.is_failed()
    with pytest.raises(RefusedError) as raised:
        state.result()
    assert raised.value is REFUSAL
    with pytest.raises(RefusedError):
        build_flow("kept")(fail)()


@pytest.mark.usefixtures("_lost_replies")
def test_flow_of_prefect_alone_loses_its_summary():
    with pytest.raises(MissingResult):
        prefect.flow(complete)(return_state=True).result()
