import pytest

from credit_default.data.planted_faults.catalogue import PLANTED_FAULTS
from credit_default.errors import InputError
from credit_default.gates.monitoring.drill_verdict import Drill, judge_drill
from credit_default.services.simulation.drill import (
    DrillPlan,
    choose_faults,
    judge_mended_months,
    prepare_drill,
    run_drill,
)

SHORT = DrillPlan(client_count=1_500, clean_count=4)


@pytest.fixture(scope="module")
def drill_setup(tmp_path_factory):
    from tests.services.conftest import make_wiring

    wiring = make_wiring(tmp_path_factory.mktemp("drill"), recipe={"tree_count": 20})
    return prepare_drill(wiring.settings, wiring.portfolio, SHORT)


def choose(*titles):
    return DrillPlan(
        client_count=1_500,
        clean_count=4,
        faults=tuple(f for f in PLANTED_FAULTS if f.title in titles),
    )


def drill(drill_setup, *titles):
    return {f"{e.name} {e.strength}": e for e in run_drill(drill_setup, choose(*titles))}


def test_clean_months_raise_no_alarm(drill_setup):
    assert len(drill_setup.levels) == 4
    assert Drill((), drill_setup.levels).count_clean_months()["alarm"] == 0


def test_strong_faults_raise_the_alarms_that_they_are_meant_for(drill_setup):
    titles = (
        "recession 3",
        "broken-feed 3",
        "missing column 1",
        "missing values 3",
        "label flip 3",
        "lost rows 3",
    )

    found = drill(drill_setup, *titles)

    assert {name: exercise.caught_in_batch for name, exercise in found.items()} == dict.fromkeys(
        titles, 1
    )


def test_refused_file_is_judged_no_further(drill_setup):
    found = drill(drill_setup, "missing values 3", "missing column 1")

    assert found["missing values 3"].responses_by_gate == {"quality": "alarm"}
    assert found["missing column 1"].responses_by_gate == {"file": "alarm"}


def test_late_file_and_overdue_outcomes_ask_for_a_look(drill_setup):
    found = drill(drill_setup, "late file 3", "label delay 3")

    assert found["late file 3"].responses_by_gate["volume"] == "watch"
    assert found["label delay 3"].responses_by_gate["coverage"] == "watch"


@pytest.mark.nightly
def test_gates_that_were_loosened_fail_the_drill(drill_setup):
    assert drill(drill_setup, "broken gate 3")["broken gate 3"].caught_in_batch == 1


def test_the_same_drill_says_the_same(drill_setup):
    assert drill(drill_setup, "label flip 2") == drill(drill_setup, "label flip 2")


def test_faults_are_chosen_by_name():
    assert [fault.title for fault in choose_faults(("late file",))] == [
        "late file 1",
        "late file 2",
        "late file 3",
    ]
    assert choose_faults(()) == PLANTED_FAULTS


def test_unknown_fault_is_refused():
    with pytest.raises(InputError, match="gremlins"):
        choose_faults(("gremlins",))


@pytest.mark.nightly
def test_recession_that_was_mended_raises_no_alarm_for_six_months(make_wiring):
    wiring = make_wiring(recipe={"tree_count": 20})

    months = judge_mended_months(wiring.settings, wiring.portfolio, DrillPlan(client_count=3_000))

    assert len(months) == 6
    assert Drill((), (), months).count_mended_months()["alarm"] == 0


def test_drill_without_mended_months_trains_no_second_model(make_wiring):
    wiring = make_wiring()

    assert judge_mended_months(wiring.settings, wiring.portfolio, DrillPlan(mended_count=0)) == ()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [7, 8])
def test_full_drill_passes(tmp_path, seed, make_wiring):
    plan = DrillPlan()
    full = make_wiring(tmp_path, seed=seed, recipe={}, jobs=2)
    drill_setup = prepare_drill(full.settings, full.portfolio, plan)

    cases = tuple(run_drill(drill_setup, plan))
    mended = judge_mended_months(full.settings, full.portfolio, plan)
    verdict = judge_drill(Drill(cases, drill_setup.levels, mended), policy=full.settings.drill)

    assert verdict.passed, verdict.reasons
    assert verdict.figures["planted_count"] >= 40
    assert verdict.figures["recall"] >= 0.95
    assert verdict.figures["clean_count"] == 24
    assert verdict.figures["false_alarm_count"] <= 1
    assert verdict.figures["mended_count"] == 6
    assert verdict.figures["mended_alarm_count"] == 0
