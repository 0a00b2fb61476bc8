"""Which flows a server runs by itself: by the clock, and on which events with which parameters.

`serve` registers these and runs them; `prefect.yaml` says the same for a pool of workers (a test holds the two together).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from credit_default.errors import InputError
from credit_default.sections import ScheduleSettings

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

INBOX_DEPLOYMENT = "predict"  # by name: what is run when the inbox may hold what nobody heard of
_FLOWS = "credit_default.flows"


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event that starts a run, and what the run gets of it: `{{ }}` are Prefect's templates, and become texts."""

    event: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """One deployment: whose flow it runs, when, and what becomes of a run that begins while another one is on its way."""

    name: str
    entrypoint: str
    description: str
    cron: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    limit: int | None = None  # None: as many as there is room for
    collision: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"


def plan_deployments(schedule: ScheduleSettings) -> tuple[DeploymentPlan, ...]:
    """The deployments, by these schedules.

    Trainings come one after another, and none that was asked for is lost. Of `reconcile` a second one at the same time
    would find nothing to do: it is dropped, and the next one comes in minutes. `predict` and `monitor` are limited by
    file, in the flow (see `turns`), and by the machine's `run_limit`.
    """
    return (
        DeploymentPlan(
            "train",
            f"{_FLOWS}.train.train",
            "Train on all that is known by now; the gate decides.",
            schedule.train,
            {"refresh": True},
            (
                Trigger(
                    "credit-default.retraining.requested",
                    {"refresh": True, "month": "{{ event.payload.month }}"},
                ),
            ),
            limit=1,
        ),
        DeploymentPlan(
            INBOX_DEPLOYMENT,
            f"{_FLOWS}.predict_incoming.predict_incoming",
            "Score all that waits in incoming/, or the file that an event named.",
            schedule.predict,
            triggers=(
                Trigger("credit-default.object.created", {"batch": "{{ event.payload.uri }}"}),
            ),
        ),
        DeploymentPlan(
            "monitor",
            f"{_FLOWS}.monitor.monitor",
            "Compare a scored batch with its reference and its outcomes.",
            schedule.monitor,
            triggers=(
                Trigger(
                    "credit-default.batch.scored", {"batch_id": "{{ event.payload.batch_id }}"}
                ),
                Trigger(
                    "credit-default.batch.recorded", {"batch_id": "{{ event.payload.batch_id }}"}
                ),
                Trigger(
                    "credit-default.outcomes.recorded", {"batch_id": "{{ event.payload.batch_id }}"}
                ),
            ),
        ),
        DeploymentPlan(
            "reconcile",
            f"{_FLOWS}.reconcile.reconcile",
            "Tidy up after runs that were killed.",
            schedule.reconcile,
            limit=1,
            collision="CANCEL_NEW",
        ),
        DeploymentPlan(
            "listen",
            f"{_FLOWS}.listen.listen",
            "Announce new files for an hour, in place of `credit-default listen`.",
            schedule.listen,
            limit=1,
            collision="CANCEL_NEW",
        ),
    )


def build_deployments(schedule: ScheduleSettings) -> Iterator["RunnerDeployment"]:
    """The deployments as Prefect takes them.

    Raises:
        InputError: a cron line or the time zone is none.
    """
    return (
        _build_deployment(plan, time_zone=schedule.time_zone) for plan in plan_deployments(schedule)
    )


def _build_deployment(plan: DeploymentPlan, *, time_zone: str) -> "RunnerDeployment":
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.events import DeploymentEventTrigger
    from prefect.types.entrypoint import EntrypointType

    module, _, name = plan.entrypoint.rpartition(".")
    limit = plan.limit and ConcurrencyLimitConfig(
        limit=plan.limit, collision_strategy=ConcurrencyLimitStrategy(plan.collision)
    )
    deployment = RunnerDeployment.from_flow(
        getattr(import_module(module), name),
        plan.name,
        description=plan.description,
        parameters=dict(plan.parameters),
        concurrency_limit=limit,
        schedules=_build_schedules(plan, time_zone=time_zone),
        entrypoint_type=EntrypointType.MODULE_PATH,
        triggers=[
            DeploymentEventTrigger(expect={trigger.event}, parameters=dict(trigger.parameters))
            for trigger in plan.triggers
        ],
    )
    # said aloud, or a deployment that workers of a pool had before stays theirs as well
    deployment.work_pool_name = deployment.work_queue_name = None
    return deployment


def _build_schedules(plan: DeploymentPlan, *, time_zone: str) -> list[Any]:
    from prefect.client.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    if not plan.cron:
        return []
    try:
        return [CronSchedule(cron=plan.cron, timezone=time_zone)]
    except ValidationError as error:
        raise InputError(
            f"setting schedule.{plan.name}",
            found=f"{plan.cron!r} in {time_zone!r}",
            expected="a cron line of five fields, and in schedule.time_zone a zone such as Europe/Berlin",
            remedy="Correct it, or leave it empty: then only events start a run.",
        ) from error
