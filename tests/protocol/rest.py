"""What comes of a state once nothing goes wrong any more: the inbox is processed, and `reconcile` runs, until nothing changes.

What somebody asked for and was never told to be done may be asked for again (`eager`), or never (`lazy`).
"""

from tests.protocol.model import RECONCILER, RUNNERS, Model
from tests.protocol.state import ACTS, BUDGETS, at
from tests.protocol.steps import begin, move_on

_ROUNDS = 3
_OWED = ("ingest", "outcomes", "forget")


def come_to_rest(model: Model, state: bytes, *, eager: bool) -> bytes:
    """The state after that; the beginning is one in which no process is at work."""
    now = bytearray(state)
    now[at("mlflow_up")] = 1
    for _ in range(_ROUNDS):
        before = bytes(now[:BUDGETS])
        if now[at("incoming")]:
            _run(model, now, "predict", RUNNERS[0])
        for name in _OWED if eager else ():
            if now[at("owed")] & model.find_act(name).owed:
                _run(model, now, name, RUNNERS[0])
        _run(model, now, "reconcile", RECONCILER)
        if bytes(now[:BUDGETS]) == before:
            break
    return bytes(now)


def _run(model: Model, state: bytearray, name: str, memory: int) -> None:
    act = model.find_act(name)
    begin(state, memory, act, ACTS.index(name) + 1)
    for _ in range(100):
        if not state[memory]:
            return
        step = act.steps[state[memory + 1]]
        move_on(state, memory, act, step.do(state, memory))
    raise AssertionError(f"{name} never ends")
