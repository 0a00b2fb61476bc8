"""Find out whether the process that began something still runs.

A run in MLflow, a flow run in Prefect and a hidden folder that is being written carry the mark of their process. On its own
machine a process is looked up by its number and the moment it began, since numbers are used again. A process of another
machine cannot be looked up: there, the age of its last heartbeat decides.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

_PROC = Path("/proc")
_MARK = re.compile(r"([A-Za-z0-9_.-]{1,64})/(\d{1,10})/(\d{1,20})")
_INVALID_HOST_CHARACTER = re.compile(r"[^A-Za-z0-9_.-]")
_MARK_SEPARATOR = "~"  # between the parts of a mark in a file's name; no host has it
HEARTBEAT_SECONDS: Final = 60  # between two heartbeats of a run

ProcessState = Literal["alive", "gone", "unknown"]


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """What identifies a process: its machine, its number, and when it began (0 where that is not known)."""

    host: str
    process_id: int
    begun: int  # clock ticks since the machine started

    def __str__(self) -> str:
        return f"{self.host}/{self.process_id}/{self.begun}"


def read_own_mark() -> ProcessMark:
    """Return the mark of this process."""
    return ProcessMark(_read_host(), os.getpid(), _read_start_ticks(os.getpid()) or 0)


def parse_mark(text: str) -> ProcessMark | None:
    """Return the mark that `str` wrote as this text; None where the text is no mark."""
    found = _MARK.fullmatch(text)
    return ProcessMark(found[1], int(found[2]), int(found[3])) if found else None


def build_marked_prefix(kind: Literal["scratch", "staging"]) -> str:
    """Return the beginning of a hidden name for something that is being written: it holds the mark of this process."""
    return f".{kind}-{_MARK_SEPARATOR.join(str(read_own_mark()).split('/'))}-"


def parse_marked_name(name: str) -> ProcessMark | None:
    """Return the mark in a name that begins with `build_marked_prefix`; None where it holds none."""
    return parse_mark("/".join(name.partition("-")[2].rpartition("-")[0].split(_MARK_SEPARATOR)))


def find_process_state(mark: ProcessMark | None) -> ProcessState:
    """Return whether the process still runs; `unknown` where there is no mark, or one of another machine."""
    if mark is None or mark.host != _read_host():
        return "unknown"
    if _PROC.joinpath("self", "stat").exists():
        begun = _read_start_ticks(mark.process_id)
        return "alive" if begun is not None and mark.begun in {0, begun} else "gone"
    try:
        os.kill(mark.process_id, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        return "alive"
    return "alive"


@contextmanager
def heartbeat(
    beat: Callable[[int], None], *, every_seconds: float = HEARTBEAT_SECONDS
) -> Iterator[None]:
    """Call `beat` from a thread at intervals during the block, with the whole seconds since the block began.

    An error in `beat` ends the thread and its heartbeats, but not the block.
    """
    over = threading.Event()

    def beat_until_over() -> None:
        count = 0
        while not over.wait(every_seconds):
            count += 1
            beat(int(count * every_seconds))

    thread = threading.Thread(target=beat_until_over, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _read_host() -> str:
    return _INVALID_HOST_CHARACTER.sub("-", socket.gethostname())[:64] or "unnamed"


def _read_start_ticks(process_id: int) -> int | None:
    """Return when the process began; None where there is no such process, or it has ended and only its entry is left."""
    try:
        state, *rest = (
            (_PROC / str(process_id) / "stat")
            .read_text(encoding="ascii")
            .rpartition(")")[2]
            .split()
        )
    except (OSError, UnicodeDecodeError):
        return None
    return None if state == "Z" else int(rest[18])
