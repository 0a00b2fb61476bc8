"""Named places where a run may be made to die, so that tests can see what it leaves behind.

`reach` stands in the code between two steps that a crash could part. It does nothing unless a test has armed that name:
no environment variable and no setting can.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Nothing; where a test armed this name, what it asked for happens here instead."""
    act = _armed.get(name)
    if act is not None:
        act()


@contextmanager
def armed(name: str, act: Callable[[], None]) -> Iterator[None]:
    """A block in which `act` is called wherever `name` is reached: it may raise, or end the process."""
    _armed[name] = act
    try:
        yield
    finally:
        del _armed[name]
