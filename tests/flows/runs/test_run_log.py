import logging
import time

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

from credit_default.errors import InputError
from credit_default.flows.reconcile import reconcile
from credit_default.flows.runs.context import connect
from credit_default.flows.runs.run_log import start_run_log
from credit_default.flows.runs.tasks import build_task
from credit_default.logs import LOGGER_NAME, StandardErrorHandler
from credit_default.settings_sections import LoggingSettings

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

LOG = logging.getLogger("credit_default.services.example")


def read_log(run_id, *, until):
    """The lines that the server keeps of the run, as soon as one of them holds `until`; the task's id is with its lines."""
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))
    deadline = time.monotonic() + 300
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            found = client.read_logs(wanted, limit=200)
            if any(until in line.message for line in found):
                return found
            time.sleep(0.2)
    pytest.fail(f"no line with {until!r} in {[line.message for line in found]}")


def run_and_read_log(body, *, until):
    """What the server keeps of a run of a flow with this body."""

    @flow(name="example")
    def example():
        start_run_log(LoggingSettings())
        body()

    state = example(return_state=True)
    return read_log(state.state_details.flow_run_id, until=until)


def test_lines_of_reconcile_are_in_the_log_of_its_run(tmp_path):
    overrides = {"lake": str(tmp_path / "lake"), "cache": str(tmp_path / "cache")}

    state = reconcile(overrides=overrides, return_state=True)

    lines = read_log(state.state_details.flow_run_id, until="removed leftover files count=0")
    ours = [line for line in lines if line.name.startswith("credit_default.")]
    assert {line.flow_run_id for line in ours} == {state.state_details.flow_run_id}
    assert {
        "credit_default.flows.runs.context",
        "credit_default.services.operations.reconcile",
    } <= {line.name for line in ours}
    assert {line.level for line in ours} == {logging.INFO}
    removed = next(line for line in ours if line.message.startswith("removed leftover files"))
    assert removed.task_run_id is not None


def test_line_below_info_is_not_kept_and_a_warning_is():
    def body():
        LOG.debug("a detail")
        LOG.info("a step")
        LOG.warning("a doubt")

    lines = run_and_read_log(body, until="a doubt")

    assert [line.message for line in lines if line.name == LOG.name] == ["a step", "a doubt"]


def test_line_of_a_task_is_kept_with_the_task_too():
    act = build_task(lambda: LOG.info("inside batch_id=%s", "b1"), "act")

    lines = run_and_read_log(act, until="inside batch_id=b1")

    [line] = [line for line in lines if line.name == LOG.name]
    assert line.task_run_id is not None


def test_line_is_kept_once_without_credentials_and_on_one_line():
    def body():
        start_run_log(LoggingSettings())
        LOG.info("asking uri=%s\nsoon", "http://me:hunter2@mlflow:5000")

    lines = run_and_read_log(body, until="soon")

    [line] = [line for line in lines if line.name == LOG.name]
    assert line.message == r"asking uri=http://***@mlflow:5000\nsoon"


def test_traceback_is_kept_without_credentials():
    def body():
        try:
            int("http://me:hunter2@mlflow:5000")
        except ValueError:
            LOG.exception("failed")

    [line] = [one for one in run_and_read_log(body, until="failed") if one.name == LOG.name]

    assert "ValueError" in line.message
    assert "hunter2" not in line.message


def test_run_of_a_command_leaves_the_terminal_to_the_command(capsys):
    run_and_read_log(lambda: LOG.info("a step"), until="a step")

    assert "a step" not in capsys.readouterr().err


def test_run_of_a_deployment_writes_to_standard_error_from_info_upwards(capsys, monkeypatch):
    def body():
        from prefect.context import FlowRunContext

        run = FlowRunContext.get().flow_run
        monkeypatch.setattr(run, "deployment_id", run.id)
        start_run_log(LoggingSettings(format="json"))
        LOG.info("a step batch_id=%s", "b1")

    run_and_read_log(body, until="a step")

    assert '"batch_id": "b1"' in capsys.readouterr().err


def test_level_that_is_set_holds_for_a_run_of_a_deployment_too(monkeypatch):
    def body():
        from prefect.context import FlowRunContext

        run = FlowRunContext.get().flow_run
        monkeypatch.setattr(run, "deployment_id", run.id)
        start_run_log(LoggingSettings(level="warning"))
        LOG.info("a step")
        levels.append(
            next(
                handler.level
                for handler in logging.getLogger(LOGGER_NAME).handlers
                if isinstance(handler, StandardErrorHandler)
            )
        )

    levels = []
    run_and_read_log(body, until="a step")

    assert levels == [logging.WARNING]


def test_outside_a_run_nothing_is_set_up(tmp_path):
    before = list(logging.getLogger(LOGGER_NAME).handlers)

    connect({"lake": str(tmp_path / "lake")}, [])
    with pytest.raises(InputError):
        connect({"lake": str(tmp_path / "lake"), "no": "such"}, [])

    assert logging.getLogger(LOGGER_NAME).handlers == before
