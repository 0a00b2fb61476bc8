"""A Dask cluster for the length of a block: processes of this machine, or a scheduler that runs elsewhere.

Dask's own lines are kept out of the terminal: what went wrong comes back as an error of ours.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.dask.request import ClusterRequest, check_scheduler
from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.dask.worker_facts import read_facts, require_same_facts
from credit_default.errors import ServiceError, SetupError

_LOG = logging.getLogger(__name__)
_LOOPBACK: Final = "127.0.0.1"
_DYING_WORKERS: Final = 2  # that a task may outlive before it is called a bad one
_CLOSE_SECONDS: Final = 10


@contextmanager
def open_cluster(
    request: ClusterRequest, *, scratch: Path, facts: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """Yield a cluster whose workers have the versions of this process; its work ends with the block.

    Args:
        request: Which cluster.
        scratch: A folder for what processes of this machine do not hold in memory.
        facts: What the workers must answer of themselves; None for the facts of this process.

    Raises:
        SetupError: Dask is not installed, the scheduler's address is refused, or a worker has other versions.
        ServiceError: The scheduler does not answer in time, or has no worker.
    """
    _silence_dask()
    connected = _connect(request) if request.scheduler else _start_processes(request, scratch)
    with connected as client:
        _require_workers(client, request, facts or read_facts())
        yield Cluster(client, request.thing)


def _silence_dask() -> None:
    """Keep Dask's log lines to itself, before it is imported: it sets up its own logging then."""
    try:
        import dask
    except ImportError as error:
        raise SetupError(
            "--engine dask",
            found="no Dask in this installation",
            expected="the extra `dask`",
            remedy='Install it: pip install "credit-default[dask]"; or leave --engine out.',
        ) from error
    quiet = dict.fromkeys(("distributed", "distributed.client", "bokeh", "tornado"), "critical")
    dask.config.set(
        {
            "logging": quiet,
            "distributed.scheduler.allowed-failures": _DYING_WORKERS,
            "distributed.scheduler.http.routes": [],  # pages that show to anybody what runs
            "distributed.worker.http.routes": [],
        }
    )


@contextmanager
def _start_processes(request: ClusterRequest, scratch: Path) -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=request.process_count,
            threads_per_worker=1,
            processes=True,
            host=_LOOPBACK,
            security=True,  # other accounts of this machine could run code as this one otherwise
            scheduler_kwargs={"dashboard": False, "dashboard_address": f"{_LOOPBACK}:0"},
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            memory_limit=request.memory_bytes or "auto",
            local_directory=str(scratch),
            env={"POLARS_MAX_THREADS": "1"},  # the processes share the cores
        ) as processes,
        Client(processes, set_as_default=False) as client,
    ):
        _LOG.info("started workers count=%d", request.process_count)
        try:
            yield client
        finally:
            with suppress(Exception):  # what is left of them ends with this process
                client.close(timeout=_CLOSE_SECONDS)


@contextmanager
def _connect(request: ClusterRequest) -> Iterator[Any]:
    from distributed import Client, Security

    files = check_scheduler(request)
    security = None
    if files:
        authority, certificate, key = files.values()
        security = Security(
            tls_ca_file=authority,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )
    with ThreadPoolExecutor(1) as thread:  # this one may have an event loop already
        error = thread.submit(asyncio.run, _ask_identity(request, security)).result()
    if error is not None:
        raise ServiceError(
            request.thing,
            found=f"no answer within {request.answer_seconds:g} s ({error})",
            expected="a scheduler that runs there and takes our certificate",
            remedy="Start it with `dask scheduler`, or leave --scheduler out to use this machine.",
        )
    client = Client(
        request.scheduler,
        timeout=request.answer_seconds,
        security=security,
        set_as_default=False,
    )
    with client:
        _LOG.info("connected scheduler=%s", request.scheduler)
        yield client


async def _ask_identity(request: ClusterRequest, security: Any) -> str | None:
    """Ask what is there who it is, and return why there is no answer; None where a scheduler answers in time.

    Dask's own client waits much longer for one that accepts a connection and says nothing.
    """
    from distributed.comm import connect

    arguments = security.get_connection_args("client") if security else {}
    try:
        async with asyncio.timeout(request.answer_seconds):
            comm = await connect(request.scheduler, timeout=request.answer_seconds, **arguments)
            await comm.write({"op": "identity", "reply": True})
            answer = await comm.read()
            await comm.close()
    except (OSError, TimeoutError, ValueError) as error:
        return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    is_scheduler = isinstance(answer, dict) and answer.get("type") == "Scheduler"
    return None if is_scheduler else "something else answers there"


def _require_workers(client: Any, request: ClusterRequest, ours: Mapping[str, str]) -> None:
    try:
        client.wait_for_workers(1, timeout=request.answer_seconds)
    except TimeoutError as error:
        raise ServiceError(
            request.thing,
            found=f"no worker within {request.answer_seconds:g} s",
            expected="one or more",
            remedy="Start some with `dask worker`.",
        ) from error
    for address, answer in client.run(read_facts, on_error="return").items():
        require_same_facts(ours, answer, name=address)
