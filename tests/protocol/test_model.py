"""The commit protocol keeps its promises in every order of steps, deaths and losses within the bounds of `forms`.

`python -m tests.protocol` prints what was gone through; docs/commit-protocol.md tells what is promised.
"""

from pathlib import Path

import pytest
from tests.protocol.explorer import explore
from tests.protocol.forms import LONG, SHORT
from tests.protocol.invariants import ALWAYS, AT_REST
from tests.protocol.model import Bounds, Model, is_at_rest
from tests.protocol.rest import come_to_rest
from tests.protocol.state import ACTS, FIELDS, at

PAGE = Path(__file__).parents[2] / "docs" / "commit-protocol.md"


def find_row(name, count):
    """The page's line of a workload, as it must be."""
    return f"\n| {name} | {count:,} |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHORT)
def test_no_order_of_steps_and_faults_breaks_a_promise(name):
    search = explore(Model(), SHORT[name])

    assert search.violation is None, f"\n{search.violation}"
    assert search.is_whole
    assert find_row(name, search.state_count)


@pytest.mark.nightly
@pytest.mark.parametrize("name", LONG)
def test_no_longer_order_of_steps_and_faults_breaks_a_promise(name):
    search = explore(Model(), LONG[name])

    assert search.violation is None, f"\n{search.violation}"
    assert search.is_whole
    assert find_row(name, search.state_count)


def test_every_invariant_has_a_name_and_a_sentence():
    for invariant in (*ALWAYS, *AT_REST):
        assert invariant.__doc__.endswith(".")
    assert len({invariant.__name__ for invariant in (*ALWAYS, *AT_REST)}) >= 6


def test_both_forms_begin_every_act():
    for form in (SHORT, LONG):
        begun = {act for bounds in form.values() for act in bounds.starts}
        assert begun == set(ACTS)


def test_every_step_of_every_act_is_reached():
    """A step that nothing reaches would be a promise about nothing."""
    reached = set()

    class Observing(Model):
        def _list_steps(self, state, memory):
            reached.add((self.acts[state[memory] - 1].name, state[memory + 1]))
            return super()._list_steps(state, memory)

    for bounds in SHORT.values():
        explore(Observing(), bounds, invariants=())

    steps = {(act.name, place) for act in Model().acts for place in range(len(act.steps))}
    assert {
        (name, Model().find_act(name).steps[place].name) for name, place in steps - reached
    } == set()


def test_an_undisturbed_run_ends_with_every_row_where_it_belongs():
    first = Bounds({}).build_first_state()

    rest = come_to_rest(Model(), first, eager=False)

    assert is_at_rest(rest)
    wanted = {
        "incoming": 0,
        "processed": 1,
        "quarantine": 1,
        "snapshot": 1,
        "scores_1": 1,
        "scores_2": 0,
        "scored_entries_1": 1,
        "runs_1": 1,
        "open_runs_1": 0,
    }
    assert {name: rest[at(name)] for name in wanted} == wanted


def test_states_of_the_two_runners_exchanged_are_one_state():
    bounds = Bounds({"outcomes": 2}, crashes=0, lost_replies=0)

    search = explore(Model(), bounds)

    step_count = len(Model().find_act("outcomes").steps)
    assert search.state_count < (step_count + 2) ** 2
    assert len(FIELDS) < 256
