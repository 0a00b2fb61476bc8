"""All acts together, and what may happen next in a state: a step of a process, its crash, a lost reply, an outage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.protocol.champion_acts import APPROVE, PROMOTE, REFUSE, REQUEST, ROLL_BACK
from tests.protocol.erasure_acts import FORGET
from tests.protocol.ingest_acts import INGEST
from tests.protocol.lake_acts import PREDICT
from tests.protocol.outcome_acts import OUTCOMES
from tests.protocol.reconcile_acts import RECONCILE
from tests.protocol.state import ACT, ACTS, BAD, FIELDS, GOOD, NEXT, PROCESSES, WIDTH, at
from tests.protocol.steps import FAIL, LOCAL, MLFLOW, Act, Step, begin, move_on

PROTOCOL = (
    *(PREDICT, INGEST, OUTCOMES, FORGET),
    *(PROMOTE, ROLL_BACK, REQUEST, APPROVE, REFUSE, RECONCILE),
)
RUNNERS, RECONCILER = PROCESSES[:2], PROCESSES[2]
FIRST, SECOND, END = RUNNERS[0], RUNNERS[1], RECONCILER
NAMES = {FIRST: "runner", SECOND: "runner'", RECONCILER: "reconciler"}
Successor = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much happens: how often each act is begun, and how many faults there are.

    Attributes:
        starts: How often each act may be begun; the two runners share them.
        crashes: Processes that die, at any step.
        lost_replies: Requests that were carried out although the client learned that they failed.
        outages: How often MLflow goes away, for any time.
        doubled_requests: Requests that reach MLflow twice.
        rewrites: How often the producer writes another file over the one that waits.
        two_people: Whether two people decide on a promotion.
        is_waiting: Whether the file waits in incoming/; else it is given by its path, and to `ingest` only.
    """

    starts: Mapping[str, int]
    crashes: int = 1
    lost_replies: int = 1
    outages: int = 0
    doubled_requests: int = 0
    rewrites: int = 0
    two_people: bool = False
    is_waiting: bool = True

    def build_first_state(self) -> bytes:
        """A file waits; version 1 is champion, on record and pinned, version 2 is registered."""
        state = bytearray(PROCESSES[-1] + WIDTH)
        given = {
            "incoming": GOOD * self.is_waiting,
            "waited": self.is_waiting,
            "alias": 1,
            "champion_entry": 1,
            "champions_named": 1,
            "change_entries": 1,
            "pinned": 1,
            "mlflow_up": 1,
            "two_people": self.two_people,
            "crashes": self.crashes,
            "lost_replies": self.lost_replies,
            "outages": self.outages,
            "doubled_requests": self.doubled_requests,
            "rewrites": self.rewrites,
            **{f"{act}_left": count for act, count in self.starts.items()},
        }
        for name, value in given.items():
            state[at(name)] = value
        return bytes(state)


@dataclass(frozen=True, slots=True)
class Model:
    """A protocol: its acts, by the numbers that states have for them, 1 first."""

    acts: tuple[Act, ...] = PROTOCOL
    steps: tuple[tuple[Step, ...], ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        assert tuple(act.name for act in self.acts) == ACTS
        object.__setattr__(self, "steps", ((), *(act.steps for act in self.acts)))

    def find_act(self, name: str) -> Act:
        """The act of this name."""
        return self.acts[ACTS.index(name)]

    def replace_act(self, act: Act) -> "Model":
        """The protocol with this act in place of the one of its name."""
        return Model(tuple(act if one.name == act.name else one for one in self.acts))

    def list_successors(self, state: bytes) -> list[Successor]:
        """What may happen next, each with its name and the state after it; the two runners are alike."""
        found: list[Successor] = []
        for memory in PROCESSES:
            if state[memory]:
                found += self._list_steps(state, memory)
            else:
                found += self._list_beginnings(state, memory)
        found += _list_surroundings(state)
        return found

    def _list_beginnings(self, state: bytes, memory: int) -> Iterator[Successor]:
        for number, act in enumerate(self.acts, 1):
            left = _LEFT[number]
            if state[left] and (act.name == "reconcile") == (memory == RECONCILER):
                after = bytearray(state)
                after[left] -= 1
                begin(after, memory, act, number)
                yield f"{NAMES[memory]}: {act.name} begins", order_runners(after)

    def _list_steps(self, state: bytes, memory: int) -> Iterator[Successor]:
        number, place = state[memory], state[memory + NEXT]
        step = self.steps[number][place]
        if place and state[_CRASHES]:
            yield f"{NAMES[memory]}: dies before {step.name!r}", _crash(state, memory)
        if step.waits_for and self._must_wait(state, memory, step):
            return
        act = self.acts[number - 1]
        name = f"{NAMES[memory]}: {act.name}: {step.name}"
        if step.where != MLFLOW or state[_MLFLOW_UP]:
            yield name, _do(state, memory, act, step)
        else:
            yield f"{name}: MLflow does not answer", _give_up(state, memory, act, step)
            return
        if step.where != LOCAL and state[_LOST]:
            again = _lose_mlflow_reply if step.where == MLFLOW else _do_twice
            yield f"{name}: its reply is lost", again(state, memory, act, step)
        if step.doubled is not None and state[_DOUBLED]:
            yield f"{name}: MLflow gets it twice", _double(state, memory, act, step)

    def _must_wait(self, state: bytes, memory: int, step: Step) -> bool:
        return any(
            other != memory
            and state[other]
            and step.waits_for & self.steps[state[other]][state[other + NEXT]].during
            for other in PROCESSES
        )


_LEFT = [0, *(at(f"{act}_left") for act in ACTS)]
_CRASHES, _LOST, _OUTAGES = at("crashes"), at("lost_replies"), at("outages")
_DOUBLED, _REWRITES, _MLFLOW_UP = at("doubled_requests"), at("rewrites"), at("mlflow_up")
_INCOMING = at("incoming")


def order_runners(state: bytearray) -> bytes:
    """The state with the two runners in a fixed order: which of them did what makes no difference."""
    first, second = state[FIRST:SECOND], state[SECOND:END]
    if second > first:
        state[FIRST:SECOND], state[SECOND:END] = second, first
    return bytes(state)


def is_at_rest(state: bytes) -> bool:
    """Whether no process is at work."""
    return not any(state[memory] for memory in PROCESSES)


def _do(state: bytes, memory: int, act: Act, step: Step) -> bytes:
    after = bytearray(state)
    move_on(after, memory, act, step.do(after, memory))
    return order_runners(after)


def _do_twice(state: bytes, memory: int, act: Act, step: Step) -> bytes:
    """It was done, and as the client does not know, it is tried again: the key alone tells, without the commit's token."""
    after = bytearray(state)
    after[_LOST] -= 1
    first = step.do(after, memory)
    second = step.do(after, memory)
    move_on(after, memory, act, second if second == first else first)
    return order_runners(after)


def _lose_mlflow_reply(state: bytes, memory: int, act: Act, step: Step) -> bytes:
    after = bytearray(state)
    after[_LOST] -= 1
    step.do(after, memory)
    move_on(after, memory, act, step.after_outage)
    return order_runners(after)


def _give_up(state: bytes, memory: int, act: Act, step: Step) -> bytes:
    after = bytearray(state)
    move_on(after, memory, act, step.after_outage)
    return order_runners(after)


def _double(state: bytes, memory: int, act: Act, step: Step) -> bytes:
    after = bytearray(state)
    after[_DOUBLED] -= 1
    following = step.do(after, memory)
    assert step.doubled is not None
    step.doubled(after, memory)
    move_on(after, memory, act, following)
    return order_runners(after)


def _crash(state: bytes, memory: int) -> bytes:
    after = bytearray(state)
    after[_CRASHES] -= 1
    after[memory : memory + WIDTH] = bytes(WIDTH)
    return order_runners(after)


def _list_surroundings(state: bytes) -> Iterator[Successor]:
    """What others do: MLflow goes and comes, and the producer writes another file under the name of the one that waits."""
    if state[_MLFLOW_UP] and state[_OUTAGES]:
        after = bytearray(state)
        after[_MLFLOW_UP], after[_OUTAGES] = 0, state[_OUTAGES] - 1
        yield "MLflow goes away", bytes(after)
    if not state[_MLFLOW_UP]:
        after = bytearray(state)
        after[_MLFLOW_UP] = 1
        yield "MLflow comes back", bytes(after)
    if state[_REWRITES] and state[_INCOMING] == GOOD:
        after = bytearray(state)
        after[_REWRITES] -= 1
        after[_INCOMING], after[at("written_again")] = BAD, 1
        yield "the producer writes a bad file over the one that waits", bytes(after)


__all__ = ["ACT", "FAIL", "FIELDS", "PROTOCOL", "Bounds", "Model", "is_at_rest", "replace"]
