from dataclasses import replace

from credit_default.gates.monitoring.alarms import Alarm, AlarmPolicy
from credit_default.gates.monitoring.monitoring_gates import (
    FEED,
    MONITORING_GATES,
    RUN_OUTCOMES,
    MonitoringGate,
    RunOutcome,
    find_monitoring_gate,
    find_run_outcomes,
    get_gate_position,
    list_blocking_gates,
)
from credit_default.gates.monitoring.retraining import RetrainingState, judge_retraining

PLANTED = MonitoringGate(
    name="planted",
    title="Planted gate",
    question="Does it take part?",
    alarm_effect="train",
    outcome=RunOutcome("Planted", "planted.found"),
)
GATES = (*MONITORING_GATES, PLANTED)


def test_stored_names_are_those_that_lakes_hold_and_their_order_is_that_of_findings():
    assert [gate.name for gate in MONITORING_GATES] == [
        "drift",
        "feed",
        "volume",
        "estimate",
        "fairness",
        "performance",
        "retraining",
        "coverage",
    ]
    assert len({gate.name for gate in MONITORING_GATES}) == len(MONITORING_GATES)


def test_shares_and_no_other_figures_are_shown_in_per_cent():
    shares = {
        gate.name: [column.heading for column in (*gate.columns, *gate.pictured) if column.is_share]
        for gate in MONITORING_GATES
    }

    assert {name: found for name, found in shares.items() if found} == {
        "drift": ["expected"],
        "feed": ["rejected", "missing"],
        "estimate": ["expected defaults"],
        "performance": ["defaulted", "defaulted", "expected"],
        "coverage": ["outcomes known"],
    }


def test_outcome_of_a_run_is_the_first_in_order_whatever_order_gates_are_named_in():
    outcomes = find_run_outcomes(["fairness", "performance", "volume", "feed"])

    assert [outcome.run_state for outcome in outcomes] == [
        "FeedBroken",
        "PerformanceLow",
        "FairnessDrift",
    ]
    assert [outcome.event for outcome in outcomes] == [
        "feed.broken",
        "performance.low",
        "fairness.drifted",
    ]


def test_gate_without_an_outcome_names_no_run():
    assert find_run_outcomes(["estimate", "no such gate"]) == ()


def test_every_declared_outcome_has_a_place_in_the_order():
    declared = {gate.outcome for gate in MONITORING_GATES if gate.outcome}

    assert declared == set(RUN_OUTCOMES)


def test_alarms_of_the_feed_block_training_and_open_as_declared():
    assert list_blocking_gates() == {"feed", "volume"}
    assert AlarmPolicy().at_once == ("feed", "performance")


def test_undeclared_gate_comes_last_and_is_found_nowhere():
    assert get_gate_position("drift") == 0
    assert get_gate_position("no such gate") == len(MONITORING_GATES)
    assert find_monitoring_gate("feed") is FEED
    assert find_monitoring_gate("no such gate") is None


def test_planted_gate_takes_part_in_runs_events_and_retraining_by_its_declaration_alone():
    state = RetrainingState("2025-08", [Alarm("planted", 3, "2025-06", "b6")], 0)

    assert find_run_outcomes(["planted", "drift"], gates=GATES)[-1].event == "planted.found"
    assert judge_retraining(state, gates=GATES).action == "train"
    assert judge_retraining(state).action == "review"
    blocking = (*MONITORING_GATES, replace(PLANTED, alarm_effect="block"))
    assert (
        judge_retraining(state, gates=blocking)
        .verdict.reasons[1]
        .endswith("repair the feed before any training")
    )
