"""The ephemeral Prefect server: a command starts it when no server is named, and stops it when it is done.

`start_server` only starts a process, so that the server comes up while the rest of the program is still being imported;
`run_on_server` waits for it and lets flows run on it. Its history stays in the lake: `prefect server start` with that
folder as PREFECT_HOME shows the runs.
"""

import fcntl
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from credit_default.adapters.host.http_requests import open_url
from credit_default.adapters.host.sqlite_addresses import build_sqlite_address
from credit_default.environment import select_server_variables
from credit_default.errors import ServiceError

_LOG = logging.getLogger(__name__)
# An ephemeral server records the command's runs and does nothing else: no schedules, no pages, no clean-up.
_SERVER_VARIABLES = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
}


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A server process on loopback that this command started; it may not be ready yet."""

    process: subprocess.Popen[bytes]
    api_url: str
    log_path: Path
    # held until the server answers: two servers that start at once would both create the database
    start_lock: IO[bytes] | None = None


def build_prefect_environment(home: Path) -> dict[str, str]:
    """Return the variables that Prefect reads when it is imported: its home in the lake, quiet and without telemetry."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(
            home / "profiles.toml"
        ),  # not one that a file in the working folder names
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "DO_NOT_TRACK": "true",
    }


def build_database_variables(home: Path) -> dict[str, str]:
    """Return the variable that names the SQLite file of a server whose records are in `home`, a folder of any name."""
    address = build_sqlite_address(home / "prefect.db", driver="aiosqlite")
    return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": address}


def start_server(home: Path, *, environment: Mapping[str, str]) -> PrefectServer:
    """Start a server on a free loopback port, without waiting until it is ready.

    While another command's server is starting in the same `home`, this waits.

    Args:
        home: The folder of its database and its log.
        environment: The command's environment; the server gets nothing of it but what `select_server_variables` lists.
    """
    lock = lock_server_start(home)
    port = _find_free_port()
    log_path = home / "server.log"
    module = "credit_default.flows.server.ephemeral_server_process"
    variables = build_prefect_environment(home) | _SERVER_VARIABLES | build_database_variables(home)
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
            [sys.executable, "-m", module, str(port)],
            env=select_server_variables(environment) | variables,
            cwd=home,  # not where somebody's prefect.toml or .env may be
            stdin=subprocess.PIPE,  # never written to: when it closes, the server knows that this command is gone
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us first, and we stop the server in order
        )
    _LOG.debug("started ephemeral prefect server port=%d pid=%d", port, process.pid)
    return PrefectServer(process, f"http://127.0.0.1:{port}/api", log_path, lock)


def lock_server_start(home: Path) -> IO[bytes]:
    """Wait until no other server is starting on the records in `home`, and keep others from it until this is closed."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "starting.lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def stop_server(server: PrefectServer) -> None:
    """Stop the server, and kill it when it does not end by itself within ten seconds."""
    _release_start_lock(server)
    server.process.terminate()
    try:
        server.process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
    if server.process.stdin is not None:
        server.process.stdin.close()


def wait_for_prefect(server: PrefectServer, *, timeout_seconds: float) -> None:
    """Wait until the server answers its health check.

    Raises:
        ServiceError: Its process ended, or it did not answer in time.
    """
    began = time.monotonic()
    while time.monotonic() < began + timeout_seconds:
        if (code := server.process.poll()) is not None:
            raise _build_not_ready_error(server, f"its process ended with code {code}")
        try:
            with open_url(f"{server.api_url}/health", timeout_seconds=1):
                _release_start_lock(server)
                _LOG.debug("prefect server is ready after_seconds=%.1f", time.monotonic() - began)
                return
        except OSError:
            time.sleep(0.05)
    raise _build_not_ready_error(server, f"no answer in {timeout_seconds:.0f} s")


@contextmanager
def run_on_server(
    server: PrefectServer | None, *, api_url: str, timeout_seconds: float
) -> Iterator[None]:
    """Let the block's flows run on a server, and deliver their logs and events at its end.

    Args:
        server: An ephemeral server, which is waited for; None for the one at `api_url`.
        api_url: The named server's API.
        timeout_seconds: How long to wait for the ephemeral server at most.
    """
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    if server is not None:
        wait_for_prefect(server, timeout_seconds=timeout_seconds)
    # The heartbeat's thread is joined at each flow's end and costs a second. When a command dies here, `reconcile` finds
    # its run by the process's mark, without heartbeats.
    updates = {
        PREFECT_API_URL: server.api_url if server is not None else api_url,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with temporary_settings(updates=updates):
        try:
            yield
        finally:
            _flush_logs_and_events()


def _release_start_lock(server: PrefectServer) -> None:
    if server.start_lock is not None:
        server.start_lock.close()


def _flush_logs_and_events() -> None:
    """Deliver the logs and events that are still queued to the server, which may be gone a moment later."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=5)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _build_not_ready_error(server: PrefectServer, found: str) -> ServiceError:
    return ServiceError(
        f"Prefect server at {server.api_url}",
        found=found,
        expected="an answer to its health check",
        remedy=f"Read {server.log_path}, or name a running server with PREFECT_API_URL.",
    )
