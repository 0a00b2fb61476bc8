"""Start, check and stop the programs of the local stack, each in a process group of its own with a log file.

A program is ready when its health address answers, or when its log holds the text that it writes once it is up. Stopping
sends SIGTERM first and SIGKILL later, and returns when nothing of the group is left.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import Request

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.http_requests import open_url
from credit_default.errors import ServiceError, escape_unprintable

LOOPBACK: Final = "127.0.0.1"
_PAUSE_SECONDS: Final = 0.05
_UNAUTHORIZED_STATUSES: Final = {401, 403}
_LONGEST_LOG_END: Final = 1_500  # characters


@dataclass(frozen=True, slots=True)
class Program:
    """A program to start: its command, its environment, and how to find out whether it is ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # all the variables that it gets
    address: str = ""  # where a person opens its pages
    version: str = ""
    health_url: str = ""
    ready_text: str = ""  # what its log holds once it is up, for a program without a health address
    authorization: str = field(default="", repr=False)  # header sent to `health_url`
    is_server: bool = False  # other programs depend on it, and are stopped before it


@dataclass(frozen=True, slots=True)
class RunningProgram:
    """A program that was started, and may have ended since."""

    program: Program
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def has_ended(self) -> bool:
        """Whether the process that was started is gone."""
        return self.process.poll() is not None


def start_program(program: Program, *, logs: Path) -> RunningProgram:
    """Start the program, without waiting until it is ready.

    Args:
        program: What to start.
        logs: The folder of its log; the previous log is kept there as `<name>.log.1`.

    Raises:
        ServiceError: The disk cannot be written, or the command does not exist.
    """
    path = logs / f"{program.name}.log"
    with disk_errors(path):
        logs.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.1"))
        with path.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - commands of our own making
                program.command,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            )
    return RunningProgram(program, process, path)


def is_ready(running: RunningProgram) -> bool:
    """Return whether the program is up.

    Raises:
        PermissionError: It answers, and refuses the credentials that were sent.
    """
    program = running.program
    if program.ready_text:
        return program.ready_text in running.log_path.read_text(encoding="utf-8", errors="replace")
    if not program.health_url:
        return True
    headers = {"Authorization": program.authorization} if program.authorization else {}
    request = Request(program.health_url, headers=headers)  # noqa: S310 - our own loopback address
    try:
        with open_url(request, timeout_seconds=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _UNAUTHORIZED_STATUSES:
            raise PermissionError(error.code) from error
        return False
    except OSError:
        return False


def stop_programs(programs: Sequence[RunningProgram], *, seconds: float) -> None:
    """Stop all the programs at once, and kill the process groups that have not ended after `seconds`."""
    left = [running for running in programs if _signal_group(running, signal.SIGTERM)]
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        left = [running for running in left if _signal_group(running, 0)]
    for running in left:
        _signal_group(running, signal.SIGKILL)
    for running in programs:
        running.process.wait()


def _signal_group(running: RunningProgram, number: int) -> bool:
    """Send the signal to the program's process group, and return whether anything of the group still exists."""
    running.process.poll()  # collects the first process when it has ended, so that the group can disappear
    try:
        os.killpg(running.process.pid, number)
    except ProcessLookupError:
        return False
    return True


def read_log_end(path: Path, *, line_count: int = 12) -> str:
    """Return the last lines of a log that are not blank, joined to one line; "nothing" when there are none."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    last = [line.strip() for line in lines if line.strip()][-line_count:]
    return escape_unprintable(" | ".join(last))[-_LONGEST_LOG_END:] or "nothing"


def choose_port(port: int, *, thing: str, option: str) -> int:
    """Return the port when nothing listens there, or any free port when `port` is 0.

    Args:
        port: The wanted port on loopback.
        thing: Whose port it is, for the message.
        option: The command-line option that sets it, for the message.

    Raises:
        ServiceError: The port is taken.
    """
    with socket.socket() as probe:
        # as servers do: a port that was released a moment ago is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} of {thing}",
                found=error.strerror or str(error),
                expected="a free port on this machine",
                remedy=f"Stop what listens there, or choose another port with {option} (0: any free one).",
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen
