"""How a fault is planted in the protocol: steps exchanged, left out or done otherwise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.protocol.invariants import Invariant
from tests.protocol.lake_acts import ENTERED, PINNED, look_at_incoming, look_entry_up
from tests.protocol.model import Bounds, Model
from tests.protocol.reconcile_acts import find_unrecorded
from tests.protocol.state import (
    CONTENT,
    DIGEST,
    DOUBLED,
    GOOD,
    HALF,
    NONE,
    NOTED,
    ROWS,
    VERSION,
    WHOLE,
    at,
    of_version,
)
from tests.protocol.steps import END, Act, Do, Step

COMMITTED = 4  # a bit of what a mutant's predict notes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted fault: which invariant it breaks, in which bounds, and how the protocol is changed."""

    name: str
    breaks: Invariant
    bounds: Bounds
    change: Callable[[Model], Model]


def change_steps(model: Model, name: str, change: Callable[[list[Step]], Iterable[Step]]) -> Model:
    """The model with other steps of one act."""
    act = model.find_act(name)
    steps = tuple(change(list(act.steps)))
    return model.replace_act(Act(act.name, steps, told=act.told, owed=act.owed))


def with_do(act: str, step: str, do: Do) -> Callable[[Model], Model]:
    """Another way to do one step."""
    return lambda model: change_steps(
        model, act, lambda steps: [replace(s, do=do) if s.name == step else s for s in steps]
    )


def without(act: str, *names: str) -> Callable[[Model], Model]:
    """The act without these steps."""
    return lambda model: change_steps(
        model, act, lambda steps: [s for s in steps if s.name not in names]
    )


def moved_before(act: str, step: str, other: str) -> Callable[[Model], Model]:
    """The act with one step done before another one that it follows."""

    def move(steps: list[Step]) -> list[Step]:
        moved = next(s for s in steps if s.name == step)
        rest = [s for s in steps if s.name != step]
        place = next(n for n, s in enumerate(rest) if s.name == other)
        return [*rest[:place], moved, *rest[place:]]

    return lambda model: change_steps(model, act, move)


def without_lock(*names: str) -> Callable[[Model], Model]:
    """The protocol in which nobody waits for these locks."""

    def change(model: Model) -> Model:
        for act in model.acts:
            model = change_steps(
                model,
                act.name,
                lambda steps: [replace(s, waits_for=s.waits_for - set(names)) for s in steps],
            )
        return model

    return change


def double_scores(s: bytearray, p: int) -> None:
    """No key: a second run's scores come beside the first one's."""
    scores = of_version("scores", s[p + VERSION])
    s[scores] = s[p + ROWS] if s[scores] == NONE else DOUBLED
    s[p + DIGEST] = s[p + ROWS]


def double_entry(s: bytearray, p: int) -> None:
    s[of_version("scored_entries", s[p + VERSION])] += 1
    s[of_version("digest", s[p + VERSION])] = s[p + DIGEST]


def in_two_commits(steps: list[Step]) -> Iterable[Step]:
    def half(s: bytearray, p: int) -> None:
        scores = of_version("scores", s[p + VERSION])
        s[scores] = s[scores] or HALF

    def whole(s: bytearray, p: int) -> None:
        s[of_version("scores", s[p + VERSION])] = s[p + DIGEST] = s[p + ROWS]

    for step in steps:
        if step.name == "commit the scores":
            yield replace(step, name="commit half of the scores", do=half)
            yield replace(step, do=whole)
        else:
            yield step


def take_away_whatever_waits(s: bytearray, p: int) -> str:
    s[at("incoming")] = NONE
    return END


def keep_reason_until_moved(steps: list[Step]) -> Iterable[Step]:
    def write(s: bytearray, p: int) -> None:
        s[at("reason")] = 1

    by_name = {step.name: step for step in steps}
    yield from steps[:-3]
    yield replace(by_name["copy to refused"], name="write the reason")
    yield replace(by_name["write the reason"], name="copy to refused", do=write)
    yield by_name["leave incoming too"]


def leave_before_copying(s: bytearray, p: int) -> str | None:
    if s[at("incoming")] != s[p + CONTENT]:
        return END
    s[at("incoming")] = NONE
    return None


def copy_after_leaving(s: bytearray, p: int) -> str:
    s[at("processed")] = 1
    return END


def leave_then_copy(model: Model) -> Model:
    model = with_do("predict", "move to processed", leave_before_copying)(model)
    return with_do("predict", "leave incoming", copy_after_leaving)(model)


def move_first(s: bytearray, p: int) -> str | None:
    following = look_at_incoming(s, p)
    if s[p + CONTENT] == GOOD:
        s[at("processed")], s[at("incoming")] = 1, NONE
    return following


def leave_if_known(s: bytearray, p: int) -> str | None:
    following = look_entry_up(s, p)
    return following and END


def forget_the_champion(s: bytearray, p: int) -> str | None:
    following = find_unrecorded(s, p)
    return END if following == "look at the champion now" else following


def tell_before_entry(model: Model) -> Model:
    act = model.find_act("predict")
    steps = [s for s in act.steps if s.name != "enter scored"]
    late = replace(
        next(s for s in act.steps if s.name == "enter scored"),
        during=frozenset(),
        waits_for=frozenset(),
    )
    told = act.told

    def tell(s: bytearray, p: int) -> None:
        s[at("told")] |= told(s, p) if told else 0

    place = next(n for n, s in enumerate(steps) if s.name == "choose who records the run")
    return model.replace_act(
        Act(act.name, (*steps[:place], Step("tell", tell), late, *steps[place:]), owed=act.owed)
    )


def promote_without_verdict_first(model: Model) -> Model:
    def move(s: bytearray, p: int) -> None:
        s[at("change")] += 1
        s[at("alias")], s[at("last_change")] = 2, s[at("change")]

    def judge(s: bytearray, p: int) -> None:
        s[at("verdict")] = 1

    def change(steps: list[Step]) -> Iterable[Step]:
        for step in steps:
            if step.name == "write the verdict":
                yield replace(step, do=move)
            elif step.name == "move the alias":
                yield replace(step, do=judge)
            else:
                yield step

    return change_steps(model, "promote", change)


def do_not_ask_again(s: bytearray, p: int) -> None:
    """The approval is not compared with the request's present state, only with what a page showed once."""


def merge_what_the_file_has(s: bytearray, p: int) -> None:
    if s[at("outcomes")] == NONE:
        s[at("outcomes")] = WHOLE


def record_what_it_committed(s: bytearray, p: int) -> str | None:
    """Who committed the scores records the run, whoever entered them; and so does who entered them."""
    if s[p + NOTED] & PINNED:
        return "move to processed"
    committed = s[p + NOTED] & COMMITTED
    return "begin the run" if committed or s[p + NOTED] & ENTERED else None


def commit_and_note(s: bytearray, p: int) -> None:
    scores = of_version("scores", s[p + VERSION])
    if s[scores] == NONE:
        s[scores] = s[p + DIGEST] = s[p + ROWS]
        s[p + NOTED] |= COMMITTED


def both_record(model: Model) -> Model:
    model = with_do("predict", "commit the scores", commit_and_note)(model)
    return with_do("predict", "choose who records the run", record_what_it_committed)(model)


def write_quarantine_again(s: bytearray, p: int) -> None:
    """Neither the entry nor the key is asked: what an erasure took away comes back."""
    s[at("quarantine")] = WHOLE
