"""Keep erasures and the runs that write rows of clients apart.

A run that has read a client's rows before an erasure and commits them after it would bring the client back. So an erasure
waits until such runs have ended, and they wait until it has. The lock is this machine's: on several machines, erase a
client while none of them is at work on a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from credit_default.services.context.wiring import Wiring

_LOCK: Final = "erasure"


@contextmanager
def hold_off_erasures(wiring: Wiring) -> Iterator[None]:
    """Let no client be erased during the block; others may hold erasures off at the same time."""
    with wiring.lake.hold_lock(_LOCK, shared=True):
        yield


@contextmanager
def lock_for_erasure(wiring: Wiring) -> Iterator[None]:
    """Wait until nobody holds erasures off, and let nobody write rows of clients during the block."""
    with wiring.lake.hold_lock(_LOCK):
        yield
