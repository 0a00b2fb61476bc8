"""Find and close orphaned runs: MLflow shows them as running although the process that began them is gone.

A process that was killed outright cannot close its runs itself.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, get_args

from credit_default.adapters.host.process_marks import find_process_state, parse_mark
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.run import ALIVE_TAG, PROCESS_TAG, RunType
from credit_default.adapters.mlflow.tracking import Tracking

CLOSED_TAG: Final = "closed_because"


@dataclass(frozen=True, slots=True)
class OrphanedRun:
    """A running run whose process is gone: its type, and when it began."""

    run_id: str
    run_type: RunType
    began_at: dt.datetime


def find_orphaned_runs(
    tracking: Tracking, *, now: dt.datetime, silence: dt.timedelta
) -> tuple[OrphanedRun, ...]:
    """Return the running runs whose process is gone.

    Args:
        tracking: The connection to MLflow.
        now: The present moment.
        silence: For processes that cannot be looked up, such as another machine's: after how long without a heartbeat a
            run counts as orphaned.
    """
    with mlflow_errors(tracking.tracking_uri):
        running = [
            (run_type, run)
            for run_type in get_args(RunType)
            for run in _search_running(tracking, run_type)
        ]
    return tuple(
        OrphanedRun(str(run.info.run_id), run_type, _parse_milliseconds(run.info.start_time))
        for run_type, run in running
        if _is_orphaned(run, now=now, silence=silence)
    )


def close_orphaned_run(tracking: Tracking, run: OrphanedRun, *, because: str) -> None:
    """End the run with status KILLED, and record the reason in its tag `closed_because`."""
    with mlflow_errors(tracking.tracking_uri):
        tracking.client.set_tag(run.run_id, CLOSED_TAG, because)
        tracking.client.set_terminated(run.run_id, "KILLED")


def _search_running(tracking: Tracking, run_type: RunType) -> list[Any]:
    experiment = tracking.client.get_experiment_by_name(f"credit-default/{run_type}")
    if experiment is None:
        return []
    running = tracking.client.search_runs(
        [experiment.experiment_id], "attributes.status = 'RUNNING'", max_results=1_000
    )
    return list(running)


def _is_orphaned(run: Any, *, now: dt.datetime, silence: dt.timedelta) -> bool:
    tags = run.data.tags
    state = find_process_state(parse_mark(tags.get(PROCESS_TAG, "")))
    if state != "unknown":
        return state == "gone"
    alive = tags.get(ALIVE_TAG, "0")
    alive_for = dt.timedelta(seconds=int(alive) if alive.isdigit() else 0)
    return now - (_parse_milliseconds(run.info.start_time) + alive_for) > silence


def _parse_milliseconds(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
