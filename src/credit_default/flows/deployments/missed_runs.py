"""Skip scheduled runs that were missed while no process served them, except the newest of each deployment.

Prefect itself starts every late run as soon as a worker asks for work: after a weekend that is hundreds at once. One run
replaces them all, since each works on the state that it finds. A run that an event started is about one file or batch, and
is not skipped.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from credit_default.flows.runs.context import read_clock

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun

SKIPPED = "Skipped"
SUPERSEDED = "missed while no worker was there; the newest run replaces the missed ones"
_PAGE_SIZE = 200  # what the API gives at a time


@dataclass(frozen=True, slots=True)
class MissedRuns:
    """How many late runs were skipped, and the deployments that have a run left which catches up on them."""

    skipped_count: int
    caught_up_ids: frozenset[UUID]


async def skip_missed_runs(client: "PrefectClient", deployment_ids: Sequence[UUID]) -> MissedRuns:
    """Cancel the late scheduled runs of these deployments, except the newest of each."""
    from prefect.client.schemas.objects import State
    from prefect.states import Cancelled

    late: dict[UUID, list[FlowRun]] = defaultdict(list)
    for run in await _read_late_runs(client, deployment_ids):
        if run.deployment_id is not None:
            late[run.deployment_id].append(run)
    missed = [run for runs in late.values() for run in runs[1:]]
    for run in missed:
        state: State[None] = Cancelled(name=SKIPPED, message=SUPERSEDED)
        await client.set_flow_run_state(run.id, state, force=True)
    return MissedRuns(len(missed), frozenset(late))


def is_superseded() -> bool:
    """Return whether a newer run of this run's schedule is due as well: that one replaces this one, which then ends.

    This is for the workers of a pool, which start every late run. A run that no schedule began is never superseded.
    """
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    return (
        run is not None
        and run.auto_scheduled
        and run.deployment_id is not None
        and has_newer_run(run)
    )


def has_newer_run(run: "FlowRun") -> bool:
    """Return whether the same deployment has a later scheduled run that is due by now and was not cancelled."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters

    due = {"after_": run.expected_start_time, "before_": read_clock()}
    wanted = filters.FlowRunFilter(
        deployment_id=filters.FlowRunFilterDeploymentId.model_validate(
            {"any_": [run.deployment_id]}
        ),
        expected_start_time=filters.FlowRunFilterExpectedStartTime.model_validate(due),
    )
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE_SIZE)
    return any(one.auto_scheduled and one.id != run.id and not _is_cancelled(one) for one in found)


def _is_cancelled(run: "FlowRun") -> bool:
    return run.state is not None and run.state.is_cancelled()


async def _read_late_runs(
    client: "PrefectClient", deployment_ids: Sequence[UUID]
) -> list["FlowRun"]:
    """Return the scheduled runs whose time has come, the newest first, without those that an event or a person started."""
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    wanted = filters.FlowRunFilter(
        deployment_id=filters.FlowRunFilterDeploymentId(any_=list(deployment_ids)),
        state=filters.FlowRunFilterState(
            type=filters.FlowRunFilterStateType(any_=[StateType.SCHEDULED])
        ),
        expected_start_time=filters.FlowRunFilterExpectedStartTime.model_validate(
            {"before_": read_clock()}
        ),
    )
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=wanted,
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=_PAGE_SIZE,
            offset=len(found),
        )
        found += page
        if len(page) < _PAGE_SIZE:
            return [run for run in found if run.auto_scheduled]
