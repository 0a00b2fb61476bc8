import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest


@pytest.fixture
def use_full_prefect_server(full_prefect_server) -> Iterator[str]:
    """Let this process use the full Prefect server."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(updates={PREFECT_API_URL: full_prefect_server}):
        yield full_prefect_server


@pytest.fixture(scope="session")
def wait_for_events() -> Callable[..., list[dict[str, Any]]]:
    """The events of that name and payload that a server keeps, as soon as there are so many: it writes them down every few seconds."""

    def find(server: str, name: str, payload: dict[str, str]) -> list[dict[str, Any]]:
        wanted = {"filter": {"event": {"name": [name]}}, "limit": 50}
        found = (
            httpx.post(f"{server}/events/filter", json=wanted, timeout=300)
            .raise_for_status()
            .json()["events"]
        )
        return [event for event in found if payload.items() <= event["payload"].items()]

    def wait(server: str, name: str, *, count: int = 1, **payload: str) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 300
        while len(find(server, name, payload)) < count and time.monotonic() < deadline:
            time.sleep(0.2)
        return find(server, name, payload)

    return wait
