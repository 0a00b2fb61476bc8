"""Go through all states of a protocol within bounds, breadth first, so that the first violation has the shortest trace."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tests.protocol.invariants import ALWAYS, AT_REST, Invariant
from tests.protocol.model import NAMES, RUNNERS, Bounds, Model, is_at_rest
from tests.protocol.rest import come_to_rest
from tests.protocol.state import BUDGETS, WIDTH, describe

ACTING = [NAMES[memory] for memory in RUNNERS]


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, what led there action by action, and the state in which it does not."""

    invariant: Invariant
    trace: tuple[str, ...]
    state: bytes
    when: str  # "at once", or what was done for the lake to come to rest

    def __str__(self) -> str:
        steps = "\n".join(f"{place:4}. {action}" for place, action in enumerate(self.trace, 1))
        return (
            f"{self.invariant.__name__} does not hold {self.when}.\n"
            f"It says: {self.invariant.__doc__}\n{steps}\nThen: {describe(self.state)}"
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to: states, actions between them, the longest shortest path, and CPU seconds."""

    state_count: int
    action_count: int
    depth: int
    rest_count: int
    cpu_seconds: float
    violation: Violation | None
    is_whole: bool  # all states within the bounds were seen


def explore(
    model: Model,
    bounds: Bounds,
    *,
    invariants: Collection[Invariant] = (*ALWAYS, *AT_REST),
    most: int | None = None,
) -> Search:
    """Go through all states, or through so many at most, until an invariant does not hold."""
    begun = time.process_time()
    first = bounds.build_first_state()
    parents: dict[bytes, bytes | None] = {first: None}
    always = [one for one in ALWAYS if one in invariants]
    resting = _Rest(model, [one for one in AT_REST if one in invariants])
    level, depth, action_count = [first], 0, 0
    violation = None
    while level and violation is None and (most is None or len(parents) < most):
        following: list[bytes] = []
        for state in level:
            for _, after in model.list_successors(state):
                action_count += 1
                if after in parents:
                    continue
                parents[after] = state
                following.append(after)
                violation = _judge(after, always, resting, parents, model)
                if violation is not None:
                    break
            if violation is not None:
                break
        level, depth = following, depth + bool(following)
    seconds = time.process_time() - begun
    whole = not level and violation is None
    return Search(len(parents), action_count, depth, len(resting.known), seconds, violation, whole)


class _Rest:
    """Judges what the lake comes to from a state; of states that differ in bounds only, one is judged."""

    def __init__(self, model: Model, invariants: list[Invariant]) -> None:
        self._model, self._invariants = model, invariants
        self.known: set[bytes] = set()

    def judge(self, state: bytes) -> tuple[Invariant, bytes, str] | None:
        """The invariant that will not hold, and in which state, and how it came to rest."""
        lake = state[:BUDGETS]
        if lake in self.known or not self._invariants:
            return None
        self.known.add(lake)
        for eager in (False, True):
            rest = come_to_rest(self._model, state, eager=eager)
            for invariant in self._invariants:
                if not invariant(rest):
                    owed = ", what is owed is asked for again" if eager else ""
                    return invariant, rest, f"once the inbox was processed{owed}, and reconcile ran"
        return None


def _judge(
    state: bytes,
    always: list[Invariant],
    resting: _Rest,
    parents: dict[bytes, bytes | None],
    model: Model,
) -> Violation | None:
    for invariant in always:
        if not invariant(state):
            return Violation(invariant, tuple(_trace(state, parents, model)), state, "at once")
    if is_at_rest(state) and (found := resting.judge(state)) is not None:
        return Violation(found[0], tuple(_trace(state, parents, model)), *found[1:])
    return None


def _trace(state: bytes, parents: dict[bytes, bytes | None], model: Model) -> Iterator[str]:
    """The actions on the shortest path, with the runners under names that stay, though a state does not tell them apart."""
    path = [state]
    while (parent := parents[path[-1]]) is not None:
        path.append(parent)
    names = ["runner A", "runner B"]
    for before, after in zip(path[::-1], path[-2::-1], strict=False):
        action = next(name for name, one in model.list_successors(before) if one == after)
        acting = (
            ACTING.index(action.partition(":")[0]) if action.partition(":")[0] in ACTING else None
        )
        if acting is None:
            yield action
            continue
        yield names[acting] + action.removeprefix(ACTING[acting])
        still = _read_memory(before, 1 - acting)
        if _read_memory(after, 1 - acting) != still:
            names.reverse()


def _read_memory(state: bytes, runner: int) -> bytes:
    return state[RUNNERS[runner] : RUNNERS[runner] + WIDTH]
