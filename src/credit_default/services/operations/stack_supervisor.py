"""Start the stack's programs, wait until they are ready, watch them while they run, and stop them in order.

Commands that work with the servers are stopped before them, so that they can still report how their runs ended.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credit_default.adapters.local_stack.log_tail import LogTail
from credit_default.adapters.local_stack.orphan_reaper import (
    add_process_group,
    start_reaper,
    stop_reaper,
)
from credit_default.adapters.local_stack.processes import (
    Program,
    RunningProgram,
    is_ready,
    read_log_end,
    start_program,
    stop_programs,
)
from credit_default.environment import select_server_variables
from credit_default.errors import ServiceError
from credit_default.settings import copy_environment

if TYPE_CHECKING:
    from subprocess import Popen

_LOG = logging.getLogger(__name__)
_PAUSE_SECONDS: Final = 0.1
StopRequested = Callable[[], bool]  # whether a signal or a person has asked to stop
ShowLogLine = Callable[[str, str], None]  # takes a program's name and a line of its log


class Stack:
    """The programs that were started, in that order, and a process that ends them if this one is killed outright."""

    def __init__(self, *, logs: Path, reaper: "Popen[bytes]") -> None:
        self.running: list[RunningProgram] = []
        self._logs = logs
        self._reaper = reaper

    def start(self, programs: Sequence[Program]) -> None:
        """Start these programs too. Raises `ServiceError` when one cannot be started."""
        for program in programs:
            one = start_program(program, logs=self._logs)
            self.running.append(one)
            add_process_group(self._reaper, one.process.pid)
            _LOG.info("started program name=%s pid=%d", program.name, one.process.pid)

    def end(self, *, seconds: float) -> None:
        """Stop all programs: first the commands, then the servers. Each of the two groups gets this many seconds."""
        stop_programs([one for one in self.running if not one.program.is_server], seconds=seconds)
        stop_programs(self.running, seconds=seconds)
        _LOG.info("stopped programs count=%d", len(self.running))


@contextmanager
def open_stack(*, logs: Path, stop_seconds: float) -> Iterator[Stack]:
    """Let programs run during the block; none is left after it, nor after this process is killed.

    Args:
        logs: The folder of the programs' logs.
        stop_seconds: How long a program has to end by itself before it is killed.
    """
    reaper = start_reaper(
        environment=select_server_variables(copy_environment()), seconds=stop_seconds
    )
    stack = Stack(logs=logs, reaper=reaper)
    try:
        yield stack
    finally:
        stack.end(seconds=stop_seconds)
        stop_reaper(reaper)


def wait_for_programs(
    running: Sequence[RunningProgram],
    *,
    timeout_seconds: float,
    stop_requested: StopRequested,
    reset_password: Callable[[Program], None],
) -> bool:
    """Wait until each program is ready.

    Args:
        running: The programs.
        timeout_seconds: How long to wait for all of them at most.
        stop_requested: Called repeatedly; when it returns True, waiting ends.
        reset_password: Called once for a server that answers and refuses our credentials.

    Returns:
        True when all are ready, False when a stop was requested before.

    Raises:
        ServiceError: One ended or is not ready in time; the message holds the end of its log.
    """
    deadline = time.monotonic() + timeout_seconds
    waiting = list(running)
    password_reset: list[RunningProgram] = []
    while waiting and not stop_requested():
        require_running(running)
        for one in tuple(waiting):
            if _is_accepting(one, password_reset, reset_password=reset_password):
                waiting.remove(one)
                _LOG.info("program is ready name=%s", one.program.name)
        if waiting and time.monotonic() > deadline:
            raise _build_program_error(waiting[0], f"no answer in {timeout_seconds:.0f} s")
        time.sleep(_PAUSE_SECONDS)
    return not waiting


def _is_accepting(
    one: RunningProgram,
    password_reset: list[RunningProgram],
    *,
    reset_password: Callable[[Program], None],
) -> bool:
    """Return whether the program is ready; reset the password of one that refuses it, the first time."""
    try:
        return is_ready(one)
    except PermissionError as error:
        if one in password_reset:
            found = "an answer that refuses our user and password"
            raise _build_program_error(one, found) from error
    _LOG.warning("program refuses the password, resetting it name=%s", one.program.name)
    reset_password(one.program)
    password_reset.append(one)
    return False


def watch_programs(
    running: Sequence[RunningProgram],
    *,
    stop_requested: StopRequested,
    show_log_line: ShowLogLine | None,
) -> None:
    """Watch the programs until a stop is requested, and show each new line of their logs.

    Args:
        running: The programs.
        stop_requested: Called repeatedly; when it returns True, watching ends.
        show_log_line: Called for each new line; None when no lines are to be shown.

    Raises:
        ServiceError: A program ended by itself.
    """
    tails = [LogTail(one.log_path) for one in running] if show_log_line else []
    while not stop_requested():
        for one, tail in zip(running, tails, strict=False):
            for line in tail.read_new():
                if show_log_line is not None:
                    show_log_line(one.program.name, line)
        require_running(running)
        time.sleep(_PAUSE_SECONDS)


def require_running(running: Sequence[RunningProgram]) -> None:
    """Raise `ServiceError` unless every program is still running."""
    for one in running:
        if one.has_ended:
            raise _build_program_error(one, f"an end with code {one.process.returncode}")


def _build_program_error(one: RunningProgram, found: str) -> ServiceError:
    where = f" at {one.program.address}" if one.program.address else ""
    return ServiceError(
        f"{one.program.name}{where}",
        found=f"{found}; its log ends with: {read_log_end(one.log_path)}",
        expected="a program that runs",
        remedy=f"Read {one.log_path}.",
    )
