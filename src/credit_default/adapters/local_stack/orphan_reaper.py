"""End the programs that a command started and could not end itself because it was killed (SIGKILL).

The command starts this module as a process and writes to it, one a line, the process groups that it has started. While
the command lives it holds the other end of this process's standard input. When that closes without the line `done`, the
command was killed: the groups are ended here.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from typing import IO, Final

_DONE: Final = "done\n"


def start_reaper(*, environment: Mapping[str, str], seconds: float) -> subprocess.Popen[bytes]:
    """Start a process that ends the added groups if this process is gone before it calls `stop_reaper`.

    Args:
        environment: All the variables that the process gets.
        seconds: How long the groups have to end by themselves before they are killed.
    """
    return subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
        [sys.executable, "-m", "credit_default.adapters.local_stack.orphan_reaper", str(seconds)],
        env=dict(environment),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def add_process_group(reaper: subprocess.Popen[bytes], group: int) -> None:
    """Add a process group to those that the reaper ends when this process is killed."""
    _write_line(reaper, f"{group}\n")


def stop_reaper(reaper: subprocess.Popen[bytes]) -> None:
    """Stop the reaper without ending any group: this process has ended them itself."""
    _write_line(reaper, _DONE)
    if reaper.stdin is not None:
        reaper.stdin.close()
    reaper.wait()


def _write_line(reaper: subprocess.Popen[bytes], text: str) -> None:
    if reaper.stdin is not None and reaper.poll() is None:
        reaper.stdin.write(text.encode())
        reaper.stdin.flush()


def terminate_orphans(lines: IO[str], *, seconds: float) -> None:
    """Read process groups until the command writes `done`; end them all if its lines stop without it.

    Args:
        lines: One process group id a line, from the command.
        seconds: How long the groups have to end by themselves before they are killed.
    """
    groups: list[int] = []
    for line in lines:
        if line == _DONE:
            return
        groups.append(int(line))
    _signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while _signal_groups(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal_groups(groups, signal.SIGKILL)


def _signal_groups(groups: Iterable[int], number: int) -> bool:
    """Send the signal to each group, and return whether any of them still exists. Signal 0 only asks."""
    any_exists = False
    for group in groups:
        try:
            os.killpg(group, number)
            any_exists = True
        except ProcessLookupError:
            continue
    return any_exists


if __name__ == "__main__":
    terminate_orphans(sys.stdin, seconds=float(sys.argv[1]))
