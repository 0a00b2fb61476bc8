"""The process behind `credit-default serve`: registers the deployments and runs what the clock and events ask for.

It stays while the Prefect server is away, and goes on when it is back. SIGTERM ends the runs that are on their way, each with
the state Crashed, and then this process.
"""

import asyncio
import logging
import signal
from typing import Any, Self
from uuid import UUID

import anyio
import httpx
from prefect.client.orchestration import get_client
from prefect.logging import get_logger
from prefect.runner import Runner

from credit_default.errors import ServiceError
from credit_default.flows.deployments import build_deployments
from credit_default.flows.missed import skip_missed_runs
from credit_default.sections import ScheduleSettings

TERMINATED = 128 + signal.SIGTERM
_GRACE_SECONDS = 8  # for a run to end by itself; ten are promised in all
_LONGEST_WAIT_SECONDS = 30.0
_SERVER_ERROR = 500


class PatientRunner(Runner):
    """Prefect's runner; it outlives a server that is away, where Prefect's own gives up after three tries."""

    terminated = False

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        poller: Any = self._scheduled_run_poller
        poller._get_and_submit_flow_runs = _be_patient(poller._get_and_submit_flow_runs, log=self._logger)  # noqa: SLF001
        return self

    def handle_sigterm(self, *_args: object, **_kwargs: object) -> None:
        """Nothing; the runs end, then this runner: `start` returns to whoever awaits it."""
        if self._loop is not None and not self.terminated:
            self.terminated = True
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._end_in_order()))

    async def _end_in_order(self) -> None:
        self._scheduled_run_poller.stopping = True
        processes = self._process_manager
        # Not by Prefect's own way out, which tells each run that a person cancelled it.
        ending = (processes.kill(run_id, grace_seconds=_GRACE_SECONDS) for run_id in processes.flow_run_ids())
        await asyncio.gather(*ending)
        self._loops_task_group.cancel_scope.cancel()


async def serve(schedule: ScheduleSettings, *, startup_seconds: float) -> int:
    """The exit code, once a signal has ended it: 143 after SIGTERM.

    Raises:
        InputError: a cron line or the time zone is none.
        ServiceError: the Prefect server does not answer in time, or refuses the deployments.
    """
    deployments = tuple(build_deployments(schedule))
    await _wait_for_server(startup_seconds)
    runner = PatientRunner(
        name="credit-default", limit=schedule.run_limit, query_seconds=schedule.poll_seconds, pause_on_shutdown=False
    )
    try:
        deployment_ids = [await runner.aadd_deployment(deployment) for deployment in deployments]
        await _skip_missed(deployment_ids)
    except httpx.HTTPError as error:
        raise _unreachable(str(error)) from error
    get_logger("runner").info("serving %s", ", ".join(deployment.name for deployment in deployments))
    await runner.start()
    return TERMINATED if runner.terminated else 0


async def _skip_missed(deployment_ids: list[UUID]) -> None:
    async with get_client() as client:
        count = await skip_missed_runs(client, deployment_ids)
    if count:
        get_logger("runner").info("skipped runs of slots that were missed count=%d", count)


def _be_patient(poll: Any, *, log: logging.Logger) -> Any:
    """The same act; where the server does not answer it waits, longer each time, instead of raising."""
    failed_count = 0

    async def poll_patiently() -> None:
        nonlocal failed_count
        try:
            await poll()
            failed_count = 0
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code < _SERVER_ERROR:
                raise
            failed_count += 1
            log.warning("prefect does not answer, asking again: %s", error or type(error).__name__)
            await anyio.sleep(min(2.0**failed_count, _LONGEST_WAIT_SECONDS))

    return poll_patiently


async def _wait_for_server(timeout_seconds: float) -> None:
    """Nothing; returns as soon as the server answers its health check."""
    deadline = anyio.current_time() + timeout_seconds
    async with get_client() as client:
        while (found := await client.api_healthcheck()) is not None:
            if anyio.current_time() > deadline:
                raise _unreachable(f"no answer in {timeout_seconds:.0f} s ({found or type(found).__name__})")
            await anyio.sleep(0.5)


def _unreachable(found: str) -> ServiceError:
    return ServiceError(
        "Prefect", found=found, expected="a server that answers and takes the deployments",
        remedy="Start it (`credit-default up`, or `prefect server start`), and name it with PREFECT_API_URL.",
    )  # fmt: skip
