"""Named places where a run may be made to die, so that tests can see what it leaves behind.

`reach` stands in the code between two steps that a crash could part. It does nothing unless a test has armed that name, or
watches: no environment variable and no setting can.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed_actions: dict[str, Callable[[], None]] = {}
_observers: list[Callable[[str], None]] = []


def hit_failpoint(name: str) -> None:
    """Nothing; where a test armed this name, what it asked for happens here instead."""
    for told in _observers:
        told(name)
    act = _armed_actions.get(name)
    if act is not None:
        act()


def arm_failpoint(name: str, act: Callable[[], None]) -> None:
    """Nothing; from now on `act` is called wherever `name` is reached: it may raise, or end the process."""
    _armed_actions[name] = act


def observe_failpoints(told: Callable[[str], None]) -> None:
    """Nothing; from now on `told` is called with every name that is reached, before what was armed there happens."""
    _observers.append(told)


@contextmanager
def armed_failpoint(name: str, act: Callable[[], None]) -> Iterator[None]:
    """A block in which `act` is called wherever `name` is reached."""
    arm_failpoint(name, act)
    try:
        yield
    finally:
        del _armed_actions[name]
