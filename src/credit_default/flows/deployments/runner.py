"""Register the deployments and run what their schedules and events ask for: the process behind `credit-default serve`.

It keeps running while the Prefect server is unavailable, and goes on when it answers again. SIGTERM ends the runs in progress, each in
the state Crashed, and then this process.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self
from uuid import UUID

import anyio
import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.deployments.runner import DeploymentApplyError, RunnerDeployment
from prefect.exceptions import PrefectException
from prefect.logging import get_logger
from prefect.runner import Runner

from credit_default.errors import ServiceError
from credit_default.flows.deployments.definitions import INBOX_DEPLOYMENT, build_deployments
from credit_default.flows.deployments.missed_runs import skip_missed_runs
from credit_default.settings_sections import ScheduleSettings

_LOG = logging.getLogger(__name__)
EXIT_CODE_TERMINATED = 128 + signal.SIGTERM
_GRACE_SECONDS = 8  # for a run to end by itself; the whole shutdown is to take at most ten
_LONGEST_WAIT_SECONDS = 30.0
_MOST_DOUBLINGS = 20
_SERVER_ERROR = 500


class ResilientRunner(Runner):
    """Prefect's runner, except that it survives an outage of the server; Prefect's own gives up after three tries.

    Once the server answers again this runner ends as soon as no run is in progress, and `serve_deployments` starts a new one:
    the part that receives cancellations does not recover from an outage.
    """

    terminated = False

    def attach_deployment(self, deployment_id: UUID, name: str) -> None:
        """Let this runner run the runs of a registered deployment."""
        self._deployment_registry.register_deployment(deployment_id, name)

    async def __aenter__(self) -> Self:
        """Start the runner with a poller that retries while the server does not answer."""
        await super().__aenter__()
        poller: Any = self._scheduled_run_poller
        poller._get_and_submit_flow_runs = _retry_while_unreachable(  # noqa: SLF001
            poller._get_and_submit_flow_runs,  # noqa: SLF001
            log=self._logger,
            on_recovered=self._stop_when_idle,
        )
        return self

    def handle_sigterm(self, *_args: object, **_kwargs: object) -> None:
        """End the runs in progress, then this runner: `start` returns to its caller."""
        if self._loop is not None and not self.terminated:
            self.terminated = True
            _LOG.info("ending the runs in progress signal=SIGTERM")
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._shut_down()))

    async def _shut_down(self) -> None:
        self._scheduled_run_poller.stopping = True
        processes = self._process_manager
        # not by Prefect's own shutdown, which records that a person cancelled each run
        ending = (
            processes.kill(run_id, grace_seconds=_GRACE_SECONDS)
            for run_id in processes.flow_run_ids()
        )
        await asyncio.gather(*ending)
        self._loops_task_group.cancel_scope.cancel()

    def _stop_when_idle(self) -> None:
        if not self._process_manager.flow_run_ids():
            self._loops_task_group.cancel_scope.cancel()


async def serve_deployments(schedule: ScheduleSettings, *, startup_seconds: float) -> int:
    """Register the deployments and run them until a signal ends this process.

    Args:
        schedule: The schedules, and how many runs may be in progress at a time.
        startup_seconds: How long to wait for the Prefect server at the start.

    Returns:
        The exit code: 143 after SIGTERM.

    Raises:
        InputError: A cron line or the time zone is not valid.
        ServiceError: The Prefect server does not answer in time, or refuses the deployments.
    """
    deployments = tuple(build_deployments(schedule))
    await _wait_for_server(startup_seconds)
    names = await _register_deployments(deployments)
    while True:
        runner = ResilientRunner(
            name="credit-default",
            limit=schedule.run_limit,
            query_seconds=schedule.poll_seconds,
            pause_on_shutdown=False,
        )
        for deployment_id, name in names.items():
            runner.attach_deployment(deployment_id, name)
        # by Prefect's logger, which is shown at every log level: `up` waits for this line
        get_logger("runner").info("serving %s", ", ".join(names.values()))
        await runner.start()
        if runner.terminated:
            return EXIT_CODE_TERMINATED


async def _register_deployments(deployments: Sequence[RunnerDeployment]) -> dict[UUID, str]:
    """Register the deployments and catch up on missed runs; return the deployments' names by their ids."""
    try:
        names = {await deployment.aapply(): deployment.name for deployment in deployments}
        async with get_client() as client:
            await _catch_up_missed_runs(client, names)
    except (httpx.HTTPError, PrefectException, DeploymentApplyError) as error:
        raise _build_unreachable_error(str(error)) from error
    return names


async def _catch_up_missed_runs(client: PrefectClient, names: Mapping[UUID, str]) -> None:
    """Skip all late runs but one of each deployment, and start a run for files that arrived in the inbox meanwhile.

    A file that was announced before there was a deployment to run for it would otherwise wait for the daily run.
    """
    missed = await skip_missed_runs(client, list(names))
    if missed.skipped_count:
        _LOG.info("skipped missed runs count=%d", missed.skipped_count)
    for deployment_id, name in names.items():
        if name == INBOX_DEPLOYMENT and deployment_id not in missed.caught_up_ids:
            run = await client.create_flow_run_from_deployment(deployment_id)
            _LOG.info("started a run on the waiting files flow_run_id=%s", run.id)


def _retry_while_unreachable(
    poll: Any,
    *,
    log: logging.Logger,
    on_recovered: Callable[[], None] = lambda: None,
    first_wait_seconds: float = 2.0,
) -> Any:
    """Return the poll with retries: while the server does not answer it waits, longer each time, instead of raising.

    Args:
        poll: Asks the server for due runs.
        log: Where each wait is logged.
        on_recovered: Called after each successful poll once the server was unavailable.
        first_wait_seconds: The first wait; it doubles up to 30 seconds.
    """
    failed_count, was_away = 0, False

    async def poll_patiently() -> None:
        nonlocal failed_count, was_away
        try:
            await poll()
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            if (
                isinstance(error, httpx.HTTPStatusError)
                and error.response.status_code < _SERVER_ERROR
            ):
                raise
            wait_seconds = min(first_wait_seconds * 2**failed_count, _LONGEST_WAIT_SECONDS)
            failed_count, was_away = min(failed_count + 1, _MOST_DOUBLINGS), True
            log.warning(
                "prefect does not answer, retrying wait_seconds=%.0f: %s",
                wait_seconds,
                str(error) or type(error).__name__,
            )
            await anyio.sleep(wait_seconds)
            return
        failed_count = 0
        if was_away:
            on_recovered()

    return poll_patiently


async def _wait_for_server(timeout_seconds: float) -> None:
    """Wait until the server answers its health check."""
    deadline = anyio.current_time() + timeout_seconds
    async with get_client() as client:
        while (found := await client.api_healthcheck()) is not None:
            if anyio.current_time() > deadline:
                raise _build_unreachable_error(
                    f"no answer in {timeout_seconds:.0f} s ({found or type(found).__name__})"
                )
            await anyio.sleep(0.5)


def _build_unreachable_error(found: str) -> ServiceError:
    return ServiceError(
        "Prefect",
        found=found,
        expected="a server that answers and takes the deployments",
        remedy="Start it (`credit-default up`, or `prefect server start`), and name it with PREFECT_API_URL.",
    )
