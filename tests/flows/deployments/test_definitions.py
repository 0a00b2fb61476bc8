from pathlib import Path

import pytest
import yaml

from credit_default.errors import InputError
from credit_default.flows.deployments.definitions import build_deployments, plan_deployments
from credit_default.settings_sections import ScheduleSettings

PREFECT_YAML = Path(__file__).resolve().parents[3] / "prefect.yaml"


def test_each_deployment_has_its_schedule_and_events():
    plans = {plan.name: plan for plan in plan_deployments(ScheduleSettings())}

    assert {name: plan.cron for name, plan in plans.items()} == {
        "train": "0 3 * * 1",
        "predict": "0 6 * * *",
        "monitor": "",
        "reconcile": "*/5 * * * *",
        "maintain": "30 2 * * *",
        "listen": "",
    }
    assert {(trigger.event, name) for name, plan in plans.items() for trigger in plan.triggers} == {
        ("credit-default.retraining.requested", "train"),
        ("credit-default.object.created", "predict"),
        ("credit-default.batch.scored", "monitor"),
        ("credit-default.outcomes.recorded", "monitor"),
        ("credit-default.batch.recorded", "monitor"),
    }


def test_trainings_wait_for_one_another_and_none_is_lost():
    plans = {
        plan.name: (plan.limit, plan.collision) for plan in plan_deployments(ScheduleSettings())
    }

    assert plans["train"] == (1, "ENQUEUE")
    assert plans["reconcile"] == plans["maintain"] == (1, "CANCEL_NEW")
    assert plans["predict"][0] is None


def test_pool_of_workers_is_given_the_same_deployments():
    written = yaml.safe_load(PREFECT_YAML.read_text(encoding="utf-8"))["deployments"]

    assert [describe_written(one) for one in written] == [
        {
            "name": plan.name,
            "description": plan.description,
            "entrypoint": plan.entrypoint,
            "parameters": dict(plan.parameters),
            "pool": "credit-default",
            "limit": None
            if plan.limit is None
            else {"limit": plan.limit, "collision_strategy": plan.collision},
            "schedules": [{"cron": plan.cron, "timezone": "UTC"}] if plan.cron else [],
            "triggers": [([trigger.event], dict(trigger.parameters)) for trigger in plan.triggers],
        }
        for plan in plan_deployments(ScheduleSettings())
    ]


def describe_written(one):
    return {
        "name": one["name"],
        "description": one["description"],
        "entrypoint": one["entrypoint"],
        "parameters": one.get("parameters", {}),
        "pool": one["work_pool"]["name"],
        "limit": one.get("concurrency_limit"),
        "schedules": one.get("schedules", []),
        "triggers": [
            (trigger["expect"], trigger["parameters"]) for trigger in one.get("triggers", [])
        ],
    }


def test_schedules_are_in_the_time_zone_of_the_settings():
    schedule = ScheduleSettings(time_zone="Europe/Berlin", predict="30 7 * * 1-5", train="")

    built = {deployment.name: deployment for deployment in build_deployments(schedule)}

    [daily] = built["predict"].schedules
    assert (daily.schedule.cron, daily.schedule.timezone) == ("30 7 * * 1-5", "Europe/Berlin")
    assert built["train"].schedules == []
    assert built["predict"].entrypoint == "credit_default.flows.predict_incoming.predict_incoming"


@pytest.mark.parametrize("wrong", [{"predict": "at six"}, {"time_zone": "Europe/Atlantis"}])
def test_invalid_schedule_is_refused_by_the_settings_name(wrong):
    with pytest.raises(
        InputError, match=r"schedule\.(train|predict): found '.*' in '.*'; expected a cron line"
    ):
        list(build_deployments(ScheduleSettings(**wrong)))
