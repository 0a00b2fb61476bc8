"""Planted faults: what the protocol would be with two steps in another order, a condition dropped, or a repair missing.

`tests/protocol/test_mutants.py` shows that the search finds a counterexample to each. Those whose name begins with "as it
was" are faults that the search found in the code, and that are mended.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.protocol import invariants as holds
from tests.protocol.invariants import Invariant
from tests.protocol.lake_acts import (
    ENTERED,
    FORGETTING,
    PINNED,
    TAKING_IN,
    look_at_incoming,
    look_entry_up,
)
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


def _double_scores(s: bytearray, p: int) -> None:
    """No key: a second run's scores come beside the first one's."""
    scores = of_version("scores", s[p + VERSION])
    s[scores] = s[p + ROWS] if s[scores] == NONE else DOUBLED
    s[p + DIGEST] = s[p + ROWS]


def _double_entry(s: bytearray, p: int) -> None:
    s[of_version("scored_entries", s[p + VERSION])] += 1
    s[of_version("digest", s[p + VERSION])] = s[p + DIGEST]


def _in_two_commits(steps: list[Step]) -> Iterable[Step]:
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


def _take_away_whatever_waits(s: bytearray, p: int) -> str:
    s[at("incoming")] = NONE
    return END


def _keep_reason_until_moved(steps: list[Step]) -> Iterable[Step]:
    def write(s: bytearray, p: int) -> None:
        s[at("reason")] = 1

    by_name = {step.name: step for step in steps}
    yield from steps[:-3]
    yield replace(by_name["copy to refused"], name="write the reason")
    yield replace(by_name["write the reason"], name="copy to refused", do=write)
    yield by_name["leave incoming too"]


def _leave_before_copying(s: bytearray, p: int) -> str | None:
    if s[at("incoming")] != s[p + CONTENT]:
        return END
    s[at("incoming")] = NONE
    return None


def _copy_after_leaving(s: bytearray, p: int) -> str:
    s[at("processed")] = 1
    return END


def _leave_then_copy(model: Model) -> Model:
    model = with_do("predict", "move to processed", _leave_before_copying)(model)
    return with_do("predict", "leave incoming", _copy_after_leaving)(model)


def _move_first(s: bytearray, p: int) -> str | None:
    following = look_at_incoming(s, p)
    if s[p + CONTENT] == GOOD:
        s[at("processed")], s[at("incoming")] = 1, NONE
    return following


def _leave_if_known(s: bytearray, p: int) -> str | None:
    following = look_entry_up(s, p)
    return following and END


def _forget_the_champion(s: bytearray, p: int) -> str | None:
    following = find_unrecorded(s, p)
    return END if following == "look at the champion now" else following


def _tell_before_entry(model: Model) -> Model:
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


def _promote_without_verdict_first(model: Model) -> Model:
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


def _do_not_ask_again(s: bytearray, p: int) -> None:
    """The approval is not compared with the request's present state, only with what a page showed once."""


def _merge_what_the_file_has(s: bytearray, p: int) -> None:
    if s[at("outcomes")] == NONE:
        s[at("outcomes")] = WHOLE


def _record_what_it_committed(s: bytearray, p: int) -> str | None:
    """Who committed the scores records the run, whoever entered them; and so does who entered them."""
    if s[p + NOTED] & PINNED:
        return "move to processed"
    committed = s[p + NOTED] & COMMITTED
    return "begin the run" if committed or s[p + NOTED] & ENTERED else None


def _commit_and_note(s: bytearray, p: int) -> None:
    scores = of_version("scores", s[p + VERSION])
    if s[scores] == NONE:
        s[scores] = s[p + DIGEST] = s[p + ROWS]
        s[p + NOTED] |= COMMITTED


def _both_record(model: Model) -> Model:
    model = with_do("predict", "commit the scores", _commit_and_note)(model)
    return with_do("predict", "choose who records the run", _record_what_it_committed)(model)


def _write_quarantine_again(s: bytearray, p: int) -> None:
    """Neither the entry nor the key is asked: what an erasure took away comes back."""
    s[at("quarantine")] = WHOLE


_TWICE = Bounds({"predict": 2}, crashes=0, lost_replies=0)
_ONCE = Bounds({"predict": 1, "reconcile": 1}, lost_replies=0)
_CHAMPIONS = Bounds({"predict": 2, "promote": 1, "reconcile": 1}, lost_replies=0)
_ERASURE = Bounds({"predict": 2, "forget": 1}, lost_replies=0)
_SCORED_ENTRY = {"find scores without an entry", "enter their scores"}

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "scores are committed without a key",
        holds.nothing_is_doubled,
        _TWICE,
        with_do("predict", "commit the scores", _double_scores),
    ),
    Mutant(
        "an entry is appended without asking for its key",
        holds.nothing_is_doubled,
        Bounds({"predict": 1}, crashes=0),
        with_do("predict", "enter scored", _double_entry),
    ),
    Mutant(
        "scores are written in two commits",
        holds.no_half_is_seen,
        _TWICE,
        lambda model: change_steps(model, "predict", _in_two_commits),
    ),
    Mutant(
        "a snapshot's record is written before its rows",
        holds.no_half_is_seen,
        Bounds({"ingest": 1}),
        moved_before("ingest", "complete the snapshot", "store the rows"),
    ),
    Mutant(
        "the ledger gets its entry before the scores are committed",
        holds.no_entry_without_its_scores,
        _ONCE,
        moved_before("predict", "enter scored", "commit the scores"),
    ),
    Mutant(
        "the summary is shown before the entry is there",
        holds.told_is_on_record,
        _ONCE,
        _tell_before_entry,
    ),
    Mutant(
        "a file is taken away although it was written again",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=1),
        with_do("predict", "leave incoming", _take_away_whatever_waits),
    ),
    Mutant(
        "a refused file is moved before its reason is written",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=1),
        lambda model: change_steps(model, "predict", _keep_reason_until_moved),
    ),
    Mutant(
        "a file is moved before it is scored",
        holds.processed_means_scored,
        _ONCE,
        with_do("predict", "look at incoming", _move_first),
    ),
    Mutant(
        "the alias is moved before the verdict is written",
        holds.no_alias_without_its_verdict,
        Bounds({"promote": 1}),
        _promote_without_verdict_first,
    ),
    Mutant(
        "an approval does not ask for the request",
        holds.two_people_decide,
        Bounds({"request": 1, "approve": 1, "refuse": 1}, two_people=True),
        with_do("approve", "find the request", _do_not_ask_again),
    ),
    Mutant(
        "as it was: reconcile does not look for scores without an entry",
        holds.every_result_is_on_record,
        _CHAMPIONS,
        without("reconcile", *_SCORED_ENTRY),
    ),
    Mutant(
        "as it was: an erasure waits for nobody, and nobody for it (digests)",
        holds.scores_are_those_on_record,
        _ERASURE,
        without_lock(FORGETTING, TAKING_IN),
    ),
    Mutant(
        "as it was: an erasure waits for nobody, and nobody for it (rows)",
        holds.read_is_scored_and_quarantined,
        _ERASURE,
        without_lock(FORGETTING, TAKING_IN),
    ),
    Mutant(
        "quarantine is written after the scores",
        holds.read_is_scored_and_quarantined,
        _ONCE,
        moved_before("predict", "commit the rejected rows", "look the entry up"),
    ),
    Mutant(
        "as it was: reconcile leaves processed files of an erased client",
        holds.erasure_is_final,
        _ERASURE,
        without("reconcile", "remove erased files"),
    ),
    Mutant(
        "as it was: reconcile leaves rows that no record names",
        holds.erasure_is_final,
        Bounds({"ingest": 1, "outcomes": 1, "forget": 1}, lost_replies=0, is_waiting=False),
        without("reconcile", "remove lost rows"),
    ),
    Mutant(
        "rejected rows are written without asking for key or entry",
        holds.erasure_is_final,
        Bounds({"ingest": 2, "forget": 1}, crashes=0, lost_replies=0),
        with_do("ingest", "commit the rejected rows", _write_quarantine_again),
    ),
    Mutant(
        "as it was: outcomes are merged from the file, whatever the history has",
        holds.outcomes_are_those_of_the_history,
        Bounds({"outcomes": 2, "forget": 1}, lost_replies=0),
        with_do("outcomes", "merge the outcomes", _merge_what_the_file_has),
    ),
    Mutant(
        "reconcile does not look at the champion",
        holds.champion_is_on_record,
        Bounds({"promote": 1, "reconcile": 1}),
        with_do("reconcile", "find a batch without a run", _forget_the_champion),
    ),
    Mutant(
        "a change that was cut short is not entered before the next one",
        holds.champion_is_on_record,
        Bounds({"predict": 1, "promote": 1, "roll_back": 1}, lost_replies=0),
        with_do("roll_back", "look at the champion before", lambda s, p: "tag the rollback"),
    ),
    Mutant(
        "reconcile does not look for batches without a run",
        holds.every_result_has_one_run,
        Bounds({"predict": 1}, lost_replies=0, outages=1),
        with_do("reconcile", "find a batch without a run", lambda s, p: "look at the champion now"),
    ),
    Mutant(
        "as it was: who commits the scores and who enters them both record the run",
        holds.every_result_has_one_run,
        _TWICE,
        _both_record,
    ),
    Mutant(
        "a file whose batch is on record already is left where it waits",
        holds.no_file_stands_in_two_places,
        _ONCE,
        with_do("predict", "look the entry up", _leave_if_known),
    ),
    Mutant(
        "a file leaves incoming/ before it is in processed/",
        holds.no_file_is_lost,
        Bounds({"predict": 1}, rewrites=0),
        _leave_then_copy,
    ),
)
