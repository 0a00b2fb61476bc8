"""The Prefect server that a command starts for itself when none is named, and ends when it is done.

`start_server` only starts a process, so that the server comes up while the rest of the program is still being imported;
`run_on_server` waits for it and holds for the flows inside. Its history stays in the lake: `prefect server start` with
that folder as PREFECT_HOME shows the runs.
"""

import fcntl
import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from credit_default.errors import InputError, ServiceError

# A command's own server keeps the records of its runs and nothing else: no schedules, no UI, no clean-up.
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
    """A server process of ours on loopback, perhaps not yet ready."""

    process: subprocess.Popen[bytes]
    api_url: str
    log_path: Path
    start_lock: IO[bytes] | None = (
        None  # a lock, held until the server answers: two at once would make one database twice
    )


def build_prefect_environment(home: Path) -> dict[str, str]:
    """The variables that Prefect reads when it is imported: its home in the lake, quiet and without telemetry."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "DO_NOT_TRACK": "true",
    }


def start_server(home: Path, *, environment: Mapping[str, str]) -> PrefectServer:
    """A server on a free loopback port, just started; its database and its log stand in `home`.

    `environment` is what the new process gets, beside what a command's own server needs. Where another command's
    server is coming up in the same `home`, its turn is waited for.
    """
    lock = lock_server_start(home)
    port = _find_free_port()
    log_path = home / "server.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
            [
                sys.executable,
                "-m",
                "credit_default.flows.server.ephemeral_server_process",
                str(port),
            ],
            env=_drop_named_server(environment)
            | build_prefect_environment(home)
            | _SERVER_VARIABLES,
            stdin=subprocess.PIPE,  # never written to: that it is closed tells the server that we are gone
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us first, and we end it in order
        )
    return PrefectServer(process, f"http://127.0.0.1:{port}/api", log_path, lock)


def lock_server_start(home: Path) -> IO[bytes]:
    """The right to start a server on the records in `home`, until it is closed: another starter's is waited for."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "starting.lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


@contextmanager
def graceful_shutdown() -> Iterator[None]:
    """A block in which SIGTERM and SIGHUP unwind the program, so that what it started is ended; exit code 128 + signal.

    Python would else drop everything at once. A signal that is ignored stays so (`nohup`), and outside the main thread,
    where no signal arrives, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, _exit_on_signal) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def stop_server(server: PrefectServer) -> None:
    """Nothing; the process has ended, killed when it did not end by itself within ten seconds."""
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
    """Nothing; returns as soon as the server answers.

    Raises:
        ServiceError: its process ended, or it did not answer in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise _build_not_ready_error(
                server, f"its process ended with code {server.process.returncode}"
            )
        try:
            with urllib.request.urlopen(f"{server.api_url}/health", timeout=1):  # noqa: S310 - our own loopback address
                _release_start_lock(server)
                return
        except OSError:
            time.sleep(0.05)
    raise _build_not_ready_error(server, f"no answer in {timeout_seconds:.0f} s")


def is_server_reachable(api_url: str, *, timeout_seconds: float) -> bool:
    """Whether a server at this address answers its health check in time; nobody does where none is named.

    Raises:
        InputError: it is no address.
    """
    deadline = time.monotonic() + timeout_seconds
    while api_url and (left := deadline - time.monotonic()) > 0:
        try:
            with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=min(left, 5)):  # noqa: S310 - http or https
                return True
        except urllib.error.HTTPError:
            return True  # somebody is there, and says no
        except (OSError, http.client.HTTPException):
            time.sleep(min(0.25, max(left, 0)))
        except ValueError as error:
            raise InputError(
                "setting prefect.api_url",
                found=repr(api_url),
                expected="an address such as http://127.0.0.1:4200/api",
                remedy="Correct CREDIT_DEFAULT_PREFECT__API_URL or PREFECT_API_URL.",
            ) from error
    return False


@contextmanager
def run_on_server(
    server: PrefectServer | None, *, api_url: str, timeout_seconds: float
) -> Iterator[None]:
    """A block whose flows run on `server` once it answers, or on the one at `api_url` when we started none."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    if server is not None:
        wait_for_prefect(server, timeout_seconds=timeout_seconds)
    # The heartbeat's thread is joined at each flow's end and costs a second; a command that dies here is not found by
    # heartbeats but by `reconcile`.
    updates = {
        PREFECT_API_URL: server.api_url if server is not None else api_url,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with temporary_settings(updates=updates):
        try:
            yield
        finally:
            _flush_logs_and_events()


def _drop_named_server(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the server that somebody named, which is another one than ours."""
    return {name: value for name, value in environment.items() if name != "PREFECT_API_URL"}


def _release_start_lock(server: PrefectServer) -> None:
    if server.start_lock is not None:
        server.start_lock.close()  # which lets the next one start


def _flush_logs_and_events() -> None:
    """Nothing; logs and events on their way have reached the server, which may be gone a moment later."""
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
