"""The language in which an act is written: steps in their order, each with the failpoints that the code hits once it is done.

A step changes the state in place and returns the name of the step that comes next, where that is not the following one; it
is atomic, as one commit, one conditional write or one request is. Between two steps anything may happen.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tests.protocol.state import ACT, NEXT, WIDTH, at

END, FAIL = "end", "fail"
LOCAL, TABLE, STORAGE, MLFLOW = "local", "table", "storage", "mlflow"

Do = Callable[[bytearray, int], str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic step of an act.

    Attributes:
        name: What is done, for the trace.
        do: Does it, in the state of which it is given the place of the process's memory.
        points: The failpoints that the code hits when it is done, before the next step.
        where: LOCAL where nothing can be lost; else the service whose reply can be.
        waits_for: Of what other processes may be in the middle of, what this step waits for: locks, or time that is long
            enough.
        during: What this process is in the middle of before this step; a crash ends it.
        after_outage: The step that follows where MLflow did not answer.
        doubled: What happens besides where MLflow is sent the request twice; None where that changes nothing.
    """

    name: str
    do: Do
    points: tuple[str, ...] = ()
    where: str = LOCAL
    waits_for: frozenset[str] = frozenset()
    during: frozenset[str] = frozenset()
    after_outage: str = FAIL
    doubled: Do | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its steps in their order.

    Attributes:
        name: As people call it.
        steps: The steps.
        told: The bits of what somebody is told when it ends.
        owed: Its own bit in the field `owed`: it is owed from its beginning until it has ended well.
        places: Where in `steps` each of them is.
    """

    name: str
    steps: tuple[Step, ...]
    told: Callable[[bytes, int], int] | None = None
    owed: int = 0
    places: dict[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.places.update({step.name: place for place, step in enumerate(self.steps)})
        assert len(self.places) == len(self.steps), f"{self.name}: two steps of one name"


def holding(steps: Iterable[Step], *names: str, waits_for: Iterable[str] = ()) -> tuple[Step, ...]:
    """These steps as what is done under a lock, or without interruption: the first one takes it, so it does not have it yet."""
    first, *others = steps
    taking = replace(first, waits_for=first.waits_for | frozenset(waits_for))
    return (taking, *(replace(step, during=step.during | set(names)) for step in others))


def move_on(state: bytearray, memory: int, act: Act, following: str | None) -> None:
    """Let the process go on with the step of this name, or with the next one, or end."""
    place = state[memory + NEXT] + 1 if following is None else act.places.get(following, -1)
    if following == FAIL:
        state[memory : memory + WIDTH] = bytes(WIDTH)
    elif following == END or place == len(act.steps):
        if act.told is not None:
            state[at("told")] |= act.told(state, memory)
        state[at("owed")] &= ~act.owed & 0xFF
        state[memory : memory + WIDTH] = bytes(WIDTH)
    else:
        assert place >= 0, f"{act.name}: no step {following!r}"
        state[memory + NEXT] = place


def begin(state: bytearray, memory: int, act: Act, number: int) -> None:
    """Let an idle process begin the act of this number."""
    state[memory + ACT], state[memory + NEXT] = number, 0
    state[at("owed")] |= act.owed
