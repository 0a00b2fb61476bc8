"""Runs that MLflow takes for running though the process that began them is gone; a killed one can't say so itself."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, get_args

from credit_default.adapters.host.process_marks import find_process_state, parse_mark
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.tracking import ALIVE_TAG, PROCESS_TAG, RunType, Tracking

CLOSED_TAG: Final = "closed_because"


@dataclass(frozen=True, slots=True)
class OrphanedRun:
    """A run without a process: which run_type began it, and when."""

    run_id: str
    run_type: RunType
    began_at: dt.datetime


def find_orphaned_runs(
    tracking: Tracking, *, now: dt.datetime, silence: dt.timedelta
) -> tuple[OrphanedRun, ...]:
    """The running ones whose process is gone or, where it can't be looked up, has given no sign of life for `silence`."""
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
    """Nothing; the run is KILLED, and says why."""
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
    life = find_process_state(parse_mark(tags.get(PROCESS_TAG, "")))
    if life != "unknown":
        return life == "gone"
    alive = tags.get(ALIVE_TAG, "0")
    last = _parse_milliseconds(run.info.start_time) + dt.timedelta(
        seconds=int(alive) if alive.isdigit() else 0
    )
    return now - last > silence


def _parse_milliseconds(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
