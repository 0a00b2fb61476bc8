"""Named places where a run may be made to die, so that tests can see what it leaves behind.

`reach` stands in the code between two steps that a crash could part. It does nothing unless a test has armed that name, or
watches: no environment variable and no setting can.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed: dict[str, Callable[[], None]] = {}
_watching: list[Callable[[str], None]] = []


def reach(name: str) -> None:
    """Nothing; where a test armed this name, what it asked for happens here instead."""
    for told in _watching:
        told(name)
    act = _armed.get(name)
    if act is not None:
        act()


def arm(name: str, act: Callable[[], None]) -> None:
    """Nothing; from now on `act` is called wherever `name` is reached: it may raise, or end the process."""
    _armed[name] = act


def watch(told: Callable[[str], None]) -> None:
    """Nothing; from now on `told` is called with every name that is reached, before what was armed there happens."""
    _watching.append(told)


@contextmanager
def armed(name: str, act: Callable[[], None]) -> Iterator[None]:
    """A block in which `act` is called wherever `name` is reached."""
    arm(name, act)
    try:
        yield
    finally:
        del _armed[name]
