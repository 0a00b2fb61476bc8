"""Programs of others that we start and end: each in a process group of its own, its words in a log file.

A program is up when its health address answers, or when its log holds the words that it says then. Ending asks first and
kills later, and comes back when nothing of the group is left.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import ServiceError, escape_unprintable

LOOPBACK: Final = "127.0.0.1"
_PAUSE_SECONDS: Final = 0.05
_UNAUTHORIZED_STATUSES: Final = {401, 403}


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. `environment` is all that it gets; `authorization` is the header with which it is asked how it is."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    address: str = ""  # where a person looks at it
    version: str = ""
    health_url: str = ""
    ready_text: str = ""  # what its log holds once it is up, for one that cannot be asked
    authorization: str = field(default="", repr=False)
    is_server: bool = False  # others work on it, and are ended before it


@dataclass(frozen=True, slots=True)
class RunningProgram:
    """A program that was started, and perhaps has ended since."""

    program: Program
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def has_ended(self) -> bool:
        """Whether its first process is gone."""
        return self.process.poll() is not None


def start_program(program: Program, *, logs: Path) -> RunningProgram:
    """The program, just started; the log of the time before is kept beside the new one, as `….log.1`.

    Raises:
        ServiceError: the disk refuses, or there is no such command.
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
                start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
            )
    return RunningProgram(program, process, path)


def is_ready(running: RunningProgram) -> bool:
    """Whether the program is up.

    Raises:
        PermissionError: it answers, and refuses the words that it is asked with.
    """
    program = running.program
    if program.ready_text:
        return program.ready_text in running.log_path.read_text(encoding="utf-8", errors="replace")
    if not program.health_url:
        return True
    headers = {"Authorization": program.authorization} if program.authorization else {}
    request = urllib.request.Request(program.health_url, headers=headers)  # noqa: S310 - our own loopback address
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - likewise
            return True
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _UNAUTHORIZED_STATUSES:
            raise PermissionError(error.code) from error
        return False
    except OSError:
        return False


def stop_programs(programs: Sequence[RunningProgram], *, seconds: float) -> None:
    """Nothing; no process of theirs is left: all are asked at once, and killed when they have not ended in time."""
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
    """Whether anything of the group is there to hear it; an ended first process is let go of."""
    running.process.poll()
    try:
        os.killpg(running.process.pid, number)
    except ProcessLookupError:
        return False
    return True


def read_log_end(path: Path, *, line_count: int = 12) -> str:
    """The last lines of a log that say something, on one line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    told = [line.strip() for line in lines if line.strip()][-line_count:]
    return escape_unprintable(" | ".join(told))[-1500:] or "nothing"


def choose_port(port: int, *, thing: str, option: str) -> int:
    """The port itself, once nothing else is found to listen there; any free one for 0.

    Raises:
        ServiceError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do: a port just left is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} of {thing}",
                found=error.strerror or str(error),
                expected="a free port on this machine",
                remedy=f"End what listens there, or name another with {option} (0: any free one).",
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen
