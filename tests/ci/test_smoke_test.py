import pytest

RELEASE = "registry.example/credit-default@sha256:" + "ab" * 32
OLDER = "registry.example/credit-default@sha256:" + "cd" * 32


class Ecs:
    """What ECS says of services: name → image, running, desired, deployments."""

    def __init__(self, **services):
        self.services = services

    def describe_services(self, *, cluster, services):
        del cluster
        return {
            "services": [
                {
                    "serviceName": name,
                    "status": "ACTIVE",
                    "taskDefinition": f"arn:{name}",
                    "runningCount": running,
                    "desiredCount": desired,
                    "deployments": [{}] * deployments,
                }
                for name, (_, running, desired, deployments) in self.services.items()
                if name in services
            ]
        }

    def describe_task_definition(self, *, taskDefinition):  # as boto3 has it
        return {
            "taskDefinition": {
                "containerDefinitions": [{"image": self.services[taskDefinition[4:]][0]}]
            }
        }


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("smoke_test")


def find_faults(script, **services):
    return script.find_faults(Ecs(**services), "cluster", ["mlflow", "prefect"], release=RELEASE)


def test_a_cluster_runs_a_release_when_each_service_has_its_image_and_all_its_containers(script):
    assert find_faults(script, mlflow=(RELEASE, 1, 1, 1), prefect=(RELEASE, 2, 2, 1)) == []


@pytest.mark.parametrize(
    ("mlflow", "fault"),
    [
        (
            (OLDER, 1, 1, 1),
            f"mlflow: runs {OLDER}",
        ),  # the circuit breaker put it back, and all is stable
        ((RELEASE, 0, 1, 1), "mlflow: 0 of 1 containers run"),
        ((RELEASE, 1, 1, 2), "mlflow: the release before it has not ended yet"),
    ],
)
def test_what_keeps_a_service_from_running_the_release_is_said(script, mlflow, fault):
    assert find_faults(script, mlflow=mlflow, prefect=(RELEASE, 1, 1, 1)) == [fault]


def test_a_service_that_is_not_there_is_a_fault(script):
    assert find_faults(script, mlflow=(RELEASE, 1, 1, 1)) == ["prefect: there is no such service"]


def test_waiting_ends_as_soon_as_there_is_no_fault_and_otherwise_when_the_time_is_up(script):
    answers, slept = [["a"], ["a"], []], []

    assert script.wait(lambda: answers.pop(0), until=100, clock=lambda: 0, sleep=slept.append) == []
    assert slept == [15, 15]
    assert script.wait(lambda: ["a"], until=0, clock=lambda: 1, sleep=slept.append) == ["a"]


def test_services_are_those_that_the_infrastructure_names(script):
    from pathlib import Path

    containers = Path(__file__).resolve().parents[2] / "infra/modules/services/containers.tf"
    text = containers.read_text(encoding="utf-8")

    assert [name for name in script.SERVICES if name not in text] == []
