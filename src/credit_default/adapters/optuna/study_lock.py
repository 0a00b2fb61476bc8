"""Let one process at a time work on a file of studies.

A search discards the trials that it finds running when it starts, and draws the next one with the number of trials that have
ended. Two searches at once would spoil each other.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import InputError


@contextmanager
def lock_study_file(path: Path) -> Iterator[None]:
    """Keep other processes from opening the file by `open_study` during the block.

    The lock is a file beside it, named `.lock`, and is released by the system when a process ends.

    Raises:
        InputError: Another process holds the lock.
        ServiceError: The disk refused.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"searches at {path}",
                found="another `tune` at work on them",
                expected="one at a time",
                remedy="Wait until it ends, or stop it: the trials that it finished are kept.",
            ) from error
        yield
