"""Wait until every service of a cluster runs one release, or say which does not; without a release, print what runs.

    python ci/smoke_test.py --cluster credit-default-staging [--release REPOSITORY@sha256:…] [--minutes 15]

ECS's own circuit breaker restores an older image and reports it as stable: so the image is compared, and not stability alone.
A container counts once its health check has passed; the load balancer's targets are part of that.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

SERVICES = (
    "listener",
    "mlflow",
    "monitor",
    "prefect",
    "room",
    "scorer",
    "trainer",
)  # infra/modules/services/containers.tf


def find_images(ecs: Any, cluster: str, services: Sequence[str]) -> dict[str, str]:
    """Return the image of each service's own container, by service; a service that does not exist yet is left out."""
    images = {}
    for service in _describe(ecs, cluster, services):
        task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])[
            "taskDefinition"
        ]
        images[service["serviceName"]] = task["containerDefinitions"][0]["image"]
    return images


def find_faults(ecs: Any, cluster: str, services: Sequence[str], *, release: str) -> list[str]:
    """Return why the cluster does not run `release` yet, one sentence a service; empty once it does."""
    found = {service["serviceName"]: service for service in _describe(ecs, cluster, services)}
    images = find_images(ecs, cluster, services)
    faults = [f"{name}: there is no such service" for name in services if name not in found]
    for name, service in sorted(found.items()):
        if images[name] != release:
            faults.append(f"{name}: runs {images[name]}")
        elif service["runningCount"] < service["desiredCount"]:
            faults.append(
                f"{name}: {service['runningCount']} of {service['desiredCount']} containers run"
            )
        elif len(service["deployments"]) > 1:
            faults.append(f"{name}: the release before it has not ended yet")
    return faults


def _describe(ecs: Any, cluster: str, services: Sequence[str]) -> list[dict[str, Any]]:
    described = ecs.describe_services(cluster=cluster, services=list(services))["services"]
    return [service for service in described if service["status"] == "ACTIVE"]


def wait(
    look: Callable[[], list[str]],
    *,
    until: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> list[str]:
    """Return the faults that are left when the time is up; return at once when there are none."""
    while (faults := look()) and clock() < until:
        sleep(15)
    return faults


def main() -> None:
    """Wait and print, or print the one image that runs."""
    import boto3

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--release")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--services", nargs="+", default=SERVICES)
    arguments = parser.parse_args()
    ecs = boto3.client("ecs")
    if arguments.release is None:
        images = sorted(set(find_images(ecs, arguments.cluster, arguments.services).values()))
        sys.exit(f"the services run different images: {', '.join(images)}") if len(
            images
        ) > 1 else print(*images)
        return
    faults = wait(
        lambda: find_faults(ecs, arguments.cluster, arguments.services, release=arguments.release),
        until=time.monotonic() + 60 * arguments.minutes,
        clock=time.monotonic,
        sleep=time.sleep,
    )
    if faults:
        sys.exit("\n".join(["the release does not run:", *faults]))
    print(f"{len(arguments.services)} services run {arguments.release}")


if __name__ == "__main__":
    main()
