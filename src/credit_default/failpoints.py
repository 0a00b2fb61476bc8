"""Named points in the code where a test can make a run fail, to see what it leaves behind.

`hit_failpoint` is called between two steps that a crash could separate. It does nothing unless a
test has armed that name or observes all of them: no environment variable and no setting can.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_armed_actions: dict[str, Callable[[], None]] = {}
_observers: list[Callable[[str], None]] = []


def hit_failpoint(name: str) -> None:
    """Call the observers with this name, then the action that a test armed for it, if any."""
    for observe in _observers:
        observe(name)
    act = _armed_actions.get(name)
    if act is not None:
        act()


def arm_failpoint(name: str, act: Callable[[], None]) -> None:
    """Call `act` whenever the failpoint is hit from now on; it may raise or end the process."""
    _armed_actions[name] = act


def observe_failpoints(observe: Callable[[str], None]) -> None:
    """Call `observe` with the name of every failpoint hit from now on, before its armed action."""
    _observers.append(observe)


@contextmanager
def armed_failpoint(name: str, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` whenever the failpoint `name` is hit inside the block."""
    arm_failpoint(name, act)
    try:
        yield
    finally:
        del _armed_actions[name]
