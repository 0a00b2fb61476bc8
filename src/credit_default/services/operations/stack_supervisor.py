"""The life of the stack: its programs are started, waited for, watched while they run, and ended in order, whatever happens.

What works on the servers is ended before them, so that it can still show_log_line them how its runs ended.
"""

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
from credit_default.errors import ServiceError
from credit_default.settings import copy_environment

if TYPE_CHECKING:
    from subprocess import Popen

_PAUSE_SECONDS: Final = 0.1
StopRequested = Callable[[], bool]  # whether somebody has stop_requested for the end
ShowLogLine = Callable[[str, str], None]  # a program's name, and a line of its log


class Stack:
    """The programs that were started, in that order, with a process beside them that ends them should this one be killed."""

    def __init__(self, *, logs: Path, watch: "Popen[bytes]") -> None:
        self.running: list[RunningProgram] = []
        self._logs = logs
        self._watch = watch

    def start(self, programs: Sequence[Program]) -> None:
        """Nothing; these run too. Raises `ServiceError` when one cannot be started."""
        for program in programs:
            one = start_program(program, logs=self._logs)
            self.running.append(one)
            add_process_group(self._watch, one.process.pid)

    def end(self, *, seconds: float) -> None:
        """Nothing; no process of theirs is left. Each half gets so many seconds."""
        stop_programs([one for one in self.running if not one.program.is_server], seconds=seconds)
        stop_programs(self.running, seconds=seconds)


@contextmanager
def open_stack(*, logs: Path, stop_seconds: float) -> Iterator[Stack]:
    """A block in which programs run; after it, and after a death of this process, no process of theirs is left."""
    watch = start_reaper(environment=copy_environment(), seconds=stop_seconds)
    stack = Stack(logs=logs, watch=watch)
    try:
        yield stack
    finally:
        stack.end(seconds=stop_seconds)
        stop_reaper(watch)


def wait_for_programs(
    running: Sequence[RunningProgram],
    *,
    timeout_seconds: float,
    stop_requested: StopRequested,
    reset_password: Callable[[Program], None],
) -> bool:
    """True once each program answers, False when the end was stop_requested for before.

    `reset_password` is called once for a server that answers and refuses our words.

    Raises:
        ServiceError: one ended or did not answer in time; the message holds the end of its log.
    """
    deadline = time.monotonic() + timeout_seconds
    waiting, reset_names = list(running), set[str]()
    while waiting and not stop_requested():
        require_running(running)
        for one in tuple(waiting):
            try:
                if is_ready(one):
                    waiting.remove(one)
            except PermissionError as error:
                if one.program.name in reset_names:
                    raise _build_service_error(
                        one, "an answer that refuses our user and password"
                    ) from error
                reset_names.add(one.program.name)
                reset_password(one.program)
        if waiting and time.monotonic() > deadline:
            raise _build_service_error(waiting[0], f"no answer in {timeout_seconds:.0f} s")
        time.sleep(_PAUSE_SECONDS)
    return not waiting


def watch_programs(
    running: Sequence[RunningProgram],
    *,
    stop_requested: StopRequested,
    show_log_line: ShowLogLine | None,
) -> None:
    """Nothing; returns when the end was stop_requested for. Until then each new line of a log is told.

    Raises:
        ServiceError: a program ended by itself.
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
    """Nothing; returns when every program lives.

    Raises:
        ServiceError: one has ended.
    """
    for one in running:
        if one.has_ended:
            raise _build_service_error(one, f"an end with code {one.process.returncode}")


def _build_service_error(one: RunningProgram, found: str) -> ServiceError:
    where = f" at {one.program.address}" if one.program.address else ""
    return ServiceError(
        f"{one.program.name}{where}",
        found=f"{found}; its log ends with: {read_log_end(one.log_path)}",
        expected="a program that runs",
        remedy=f"Read {one.log_path}.",
    )
