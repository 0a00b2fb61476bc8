"""Ends the programs of a command that was killed outright, and so could end nothing itself.

The command starts this as a process and tells it, line by line, the process groups that it has started. While the command
lives it holds the other end of our standard input; when that closes without the word that all is done, the groups are ended.
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
    """A process that ends the groups it is told of, should this one be gone before `stop_reaper`."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
        [sys.executable, "-m", "credit_default.adapters.local_stack.orphan_reaper", str(seconds)],
        env=dict(environment),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def add_process_group(reaper: subprocess.Popen[bytes], group: int) -> None:
    """Nothing; the process group is among those."""
    _write_line(reaper, f"{group}\n")


def stop_reaper(reaper: subprocess.Popen[bytes]) -> None:
    """Nothing; the groups were ended in order, and the process is gone."""
    _write_line(reaper, _DONE)
    if reaper.stdin is not None:
        reaper.stdin.close()
    reaper.wait()


def _write_line(reaper: subprocess.Popen[bytes], text: str) -> None:
    if reaper.stdin is not None and reaper.poll() is None:
        reaper.stdin.write(text.encode())
        reaper.stdin.flush()


def terminate_orphans(told: IO[str], *, seconds: float) -> None:
    """Nothing; returns when the teller said that it is done, or, once it is gone, when its groups are."""
    groups: list[int] = []
    for line in told:
        if line == _DONE:
            return
        groups.append(int(line))
    _signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while _signal_groups(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal_groups(groups, signal.SIGKILL)


def _signal_groups(groups: Iterable[int], number: int) -> bool:
    """Whether any of them was there to hear it."""
    heard = False
    for group in groups:
        try:
            os.killpg(group, number)
            heard = True
        except ProcessLookupError:
            continue
    return heard


if __name__ == "__main__":
    terminate_orphans(sys.stdin, seconds=float(sys.argv[1]))
