"""Define the deployments: which flows run by which schedule, and on which events with which parameters.

`serve` registers and runs them; `prefect.yaml` defines the same ones for a pool of workers, and a test compares the two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

from credit_default.errors import InputError
from credit_default.settings_sections import ScheduleSettings

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

INBOX_DEPLOYMENT = (
    "predict"  # run once at the start, for files that came while nothing was listening
)
_FLOWS = "credit_default.flows"


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event that starts a run, and the run's parameters; `{{ }}` are Prefect's templates and become texts."""

    event: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """One deployment: its flow, its schedule and triggers, and what happens to a run that starts beside another one."""

    name: str
    entrypoint: str  # module.function of the flow
    description: str
    cron: str  # empty: no schedule
    parameters: Mapping[str, Any] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()
    limit: int | None = None  # runs at a time; None: no limit of its own
    collision: Literal["ENQUEUE", "CANCEL_NEW"] = "ENQUEUE"  # beyond the limit


_TRAIN_TRIGGERS: Final = (
    Trigger(
        "credit-default.retraining.requested",
        {"refresh": True, "month": "{{ event.payload.month }}"},
    ),
)
_PREDICT_TRIGGERS: Final = (
    Trigger("credit-default.object.created", {"batch": "{{ event.payload.uri }}"}),
)
_MONITOR_TRIGGERS: Final = tuple(
    Trigger(event, {"batch_id": "{{ event.payload.batch_id }}"})
    for event in (
        "credit-default.batch.scored",
        "credit-default.batch.recorded",
        "credit-default.outcomes.recorded",
    )
)


def plan_deployments(schedule: ScheduleSettings) -> tuple[DeploymentPlan, ...]:
    """Return the deployments with these schedules.

    Trainings run one after another, and no requested one is lost. A second `reconcile` or `maintain` at the same time
    would find nothing to do: it is cancelled, and the next one comes by schedule. `predict` is limited by file, in the flow (see
    `file_slots`), and all runs by the machine's `run_limit`.
    """
    return (
        DeploymentPlan(
            "train",
            f"{_FLOWS}.train.train",
            "Train on all rows whose outcomes are known; the gate decides on promotion.",
            schedule.train,
            {"refresh": True},
            _TRAIN_TRIGGERS,
            limit=1,
        ),
        DeploymentPlan(
            INBOX_DEPLOYMENT,
            f"{_FLOWS}.predict_incoming.predict_incoming",
            "Score all files that wait in incoming/, or the file that an event names.",
            schedule.predict,
            triggers=_PREDICT_TRIGGERS,
        ),
        DeploymentPlan(
            "monitor",
            f"{_FLOWS}.monitor.monitor",
            "Compare a scored batch with its reference and its outcomes.",
            schedule.monitor,
            triggers=_MONITOR_TRIGGERS,
        ),
        DeploymentPlan(
            "reconcile",
            f"{_FLOWS}.reconcile.reconcile",
            "Clean up after runs that were killed.",
            schedule.reconcile,
            limit=1,
            collision="CANCEL_NEW",
        ),
        DeploymentPlan(
            "maintain",
            f"{_FLOWS}.maintain.maintain",
            "Merge small files of the tables, remove replaced ones, and verify the whole lake.",
            schedule.maintain,
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
    """Build Prefect's deployments from the plans.

    Raises:
        InputError: A cron line or the time zone is not valid.
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
    # set explicitly: a deployment that once belonged to a work pool would otherwise stay in it as well
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
