"""The search can notice: each planted fault is found, by the shortest trace that leads to it."""

import pytest
from tests.protocol.explorer import explore
from tests.protocol.invariants import ALWAYS, AT_REST
from tests.protocol.model import Model
from tests.protocol.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_planted_fault_is_found(mutant):
    found = explore(mutant.change(Model()), mutant.bounds, invariants=(mutant.breaks,))
    sound = explore(Model(), mutant.bounds, invariants=(mutant.breaks,))

    assert found.violation is not None
    assert found.violation.invariant is mutant.breaks
    assert sound.violation is None, f"\n{sound.violation}"


def test_each_invariant_is_broken_by_a_planted_fault():
    assert {mutant.breaks for mutant in MUTANTS} == {*ALWAYS, *AT_REST}


def test_a_violation_is_told_action_by_action():
    (mutant,) = (one for one in MUTANTS if one.name.startswith("the alias is moved before"))

    violation = explore(
        mutant.change(Model()), mutant.bounds, invariants=(mutant.breaks,)
    ).violation

    assert str(violation).splitlines()[:-1] == [
        "no_alias_without_its_verdict does not hold at once.",
        "It says: The champion alias never names a version without the verdict that put it there.",
        "   1. runner A: promote begins",
        "   2. runner A: promote: look at the setting",
        "   3. runner A: promote: look at the champion before",
        "   4. runner A: promote: write the verdict",
    ]


def test_a_trace_keeps_the_two_runners_apart():
    (mutant,) = (one for one in MUTANTS if one.name.startswith("as it was: who commits"))

    violation = explore(
        mutant.change(Model()), mutant.bounds, invariants=(mutant.breaks,)
    ).violation

    for runner in ("runner A", "runner B"):
        own = [action for action in violation.trace if action.startswith(runner)]
        assert own[0] == f"{runner}: predict begins"
        assert own[1] == f"{runner}: predict: look at incoming"
