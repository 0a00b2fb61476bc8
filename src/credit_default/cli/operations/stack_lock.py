"""Allow one `up` per lake at a time, and turn signals into a request to stop."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from credit_default.errors import ServiceError

if TYPE_CHECKING:
    from credit_default.adapters.lake.layout import Lake


@contextmanager
def lock_stack(lake: "Lake") -> Iterator[None]:
    """Hold the lake's lock of `up` during the block; it ends with the process, even after a kill.

    Raises:
        ServiceError: Another `up` runs for this lake, or the lock file cannot be written.
    """
    from credit_default.adapters.host.atomic_files import disk_errors

    folder = lake.home / "stack"
    with disk_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "up.pid").open("a+")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceError(
                f"stack of {lake.uri}",
                found="an `up` that is running already",
                expected="none",
                remedy="End it with Ctrl-C first.",
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")  # so that it can be ended from another terminal
        lock.flush()
        yield


@contextmanager
def catch_signals() -> Iterator[Event]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into a request to stop while the block runs.

    A signal that this process ignores (as under nohup) stays ignored.

    Yields:
        An event that is set once one of the signals arrived.
    """
    stop_requested = Event()
    numbers = [
        n
        for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(n) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, lambda *_: stop_requested.set()) for number in numbers}
    try:
        yield stop_requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
