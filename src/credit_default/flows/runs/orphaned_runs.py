"""Tag flow runs with the mark of their process, and close the orphaned ones.

A process that was killed leaves its flow run in the state Running. The mark says which process it was, so that such a
run can be distinguished from one that is still at work.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

import httpx
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter
from prefect.exceptions import PrefectException
from prefect.states import Crashed

from credit_default.adapters.host.process_marks import find_process_state, parse_mark, read_own_mark
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.pinned_champion import format_age
from credit_default.services.operations.reconcile import FLOW_RUNS, Repairs

_LOG = logging.getLogger(__name__)
FLOW_NAMES = (
    *("train", "predict", "predict-incoming", "monitor"),
    *("reconcile", "maintain", "listen"),
)
_MARK_TAG_PREFIX = "process:"
_HEARTBEAT_EVENT = "prefect.flow-run.heartbeat"
_OPEN_STATES = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
_PAGE_SIZE = 200  # Prefect's own limit


def mark_run(flow: Flow[Any, Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tag the run with the mark of this process; a hook for a flow's `on_running`."""
    del flow, state
    others = [tag for tag in flow_run.tags if not tag.startswith(_MARK_TAG_PREFIX)]
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, tags=[*others, f"{_MARK_TAG_PREFIX}{read_own_mark()}"])


def close_flow_runs(*, now: dt.datetime, silence: dt.timedelta) -> Repairs:
    """Set the project's orphaned flow runs, and their open tasks, to Crashed.

    Args:
        now: The present moment.
        silence: For processes that cannot be looked up, such as another machine's: after how long without a heartbeat a
            run counts as orphaned.

    Returns:
        What was closed; or a verdict where Prefect's API does not answer.
    """
    try:
        with get_client(sync_client=True) as client:
            orphaned = [
                run
                for run in _list_open_runs(client)
                if _is_orphaned(client, run, now=now, silence=silence)
            ]
            for run in orphaned:
                _mark_crashed(client, run)
                _LOG.info("closed orphaned flow run flow_run_id=%s", run.id)
    except (httpx.HTTPError, PrefectException) as error:
        reason = f"does not answer ({type(error).__name__}): its part is done at the next run"
        _LOG.warning(
            "prefect does not answer, flow runs not checked error=%s", type(error).__name__
        )
        return Repairs({}, verdict=Verdict("prefect", "watch", (reason,)))
    notes = [
        f"closed flow run {run.name} ({run.id}), begun {_format_run_age(run, now)} ago"
        for run in orphaned
    ]
    return Repairs({FLOW_RUNS: len(orphaned)}, tuple(notes))


def _list_open_runs(client: SyncPrefectClient) -> list[FlowRun]:
    return [run for flow in FLOW_NAMES for run in _read_open_runs(client, flow)]


def _read_open_runs(client: SyncPrefectClient, flow: str) -> Sequence[FlowRun]:
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_OPEN_STATES))
            ),
            limit=_PAGE_SIZE,
            offset=len(found),
        )
        found += page
        if len(page) < _PAGE_SIZE:
            return found


def _is_orphaned(
    client: SyncPrefectClient, run: FlowRun, *, now: dt.datetime, silence: dt.timedelta
) -> bool:
    marks = [
        tag.removeprefix(_MARK_TAG_PREFIX) for tag in run.tags if tag.startswith(_MARK_TAG_PREFIX)
    ]
    state = find_process_state(parse_mark(marks[0]) if marks else None)
    if state != "unknown":
        return state == "gone"
    return now - _find_last_activity(client, run) > silence


def _find_last_activity(client: SyncPrefectClient, run: FlowRun) -> dt.datetime:
    """Return when the run was last known to work: when its state began, or its newest heartbeat."""
    began = run.state.timestamp if run.state else run.created
    wanted = EventFilter(
        event=EventNameFilter(name=[_HEARTBEAT_EVENT]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
    )
    beats = [event.occurred for event in client.read_events(wanted, limit=1).events]
    return max(
        [moment for moment in (began, *beats) if moment is not None],
        default=dt.datetime.min.replace(tzinfo=dt.UTC),
    )


def _mark_crashed(client: SyncPrefectClient, run: FlowRun) -> None:
    """Set the run's open tasks and the run itself to Crashed, past Prefect's orchestration rules."""
    because: State[Any] = Crashed(message="reconcile found its process gone")
    open_tasks = TaskRunFilter(
        state=TaskRunFilterState(type=TaskRunFilterStateType(any_=_OPEN_STATES))
    )
    by_run = FlowRunFilter(id={"any_": [run.id]})  # type: ignore[arg-type]
    for task in client.read_task_runs(
        flow_run_filter=by_run, task_run_filter=open_tasks, limit=_PAGE_SIZE
    ):
        client.set_task_run_state(task.id, because, force=True)
    client.set_flow_run_state(run.id, because, force=True)


def _format_run_age(run: FlowRun, now: dt.datetime) -> str:
    return format_age(now - (run.start_time or run.expected_start_time or now))
