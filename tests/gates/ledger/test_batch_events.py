from dataclasses import replace

import pytest

from credit_default.gates.ledger.batch_events import (
    MLFLOW_AWAY,
    Ingested,
    MonitorAlarmed,
    OutcomesIngested,
    Refused,
    Scored,
)
from credit_default.gates.ledger.chain import LedgerEntry, write_details
from credit_default.gates.ledger.event_format import read_event, write_event

FILE = {"input_sha256": "ab", "object_version": None}
SCORED = Scored(
    **FILE,
    corrects="",
    schema_name="credit-card",
    schema_version="1",
    feature_version="f1",
    model_digest="cd",
    threshold=0.2,
    policy_digest="ef",
    read_count=10,
    quarantined_count=1,
    scored_count=8,
    declined_count=2,
    reasons_mode="all",
    reasoned_count=2,
    expected_default_share=0.25,
    trained_row_count=0,
    conversion_factor=0.4,
    loss_given_default=0.5,
    cure_share=0.7,
    expected_losses={"accept": 1.5, "band A": 1.5},
    mlflow=MLFLOW_AWAY,
    scores_digest="01",
)
EVENTS = [
    (
        Ingested(
            **FILE,
            schema_name="credit-card",
            schema_version="1",
            corrects="abab",
            read_count=9,
            accepted_count=5,
            quarantined_count=1,
            known_count=3,
        ),
        {
            "input_sha256": "ab",
            "object_version": None,
            "schema": "credit-card",
            "schema_version": "1",
            "corrects": "abab",
            "read": 9,
            "accepted": 5,
            "quarantined": 1,
            "in the batch already": 3,
        },
    ),
    (
        Refused(input_sha256="ab", read_count=4, rejected_count=3),
        {"input_sha256": "ab", "read_count": 4, "rejected_count": 3},
    ),
    (
        SCORED,
        {
            "input_sha256": "ab",
            "object_version": None,
            "corrects": "",
            "schema": "credit-card",
            "schema_version": "1",
            "feature_version": "f1",
            "model_digest": "cd",
            "threshold": 0.2,
            "policy_digest": "ef",
            "read_count": 10,
            "quarantined_count": 1,
            "scored_count": 8,
            "declined_count": 2,
            "reasons": "all",
            "reasoned_count": 2,
            "expected_default_share": 0.25,
            "trained_row_count": 0,
            "conversion_factor": 0.4,
            "loss_given_default": 0.5,
            "cure_share": 0.7,
            "expected_loss accept": 1.5,
            "expected_loss band A": 1.5,
            "mlflow": "away",
            "scores_digest": "01",
        },
    ),
    (
        MonitorAlarmed(gate="drift", figures={"score_psi": 0.3, "drifted_count": 2.0}),
        {"gate": "drift", "score_psi": 0.3, "drifted_count": 2.0},
    ),
    (
        OutcomesIngested(
            input_sha256="ab", object_version="v1", accepted_count=3, rejected_count=1
        ),
        {"input_sha256": "ab", "object_version": "v1", "accepted_count": 3, "rejected_count": 1},
    ),
]


def make_entry(event):
    details = write_details(write_event(event))
    return LedgerEntry(1, "2005-10-01", event.name, "key", "ab", 3, details, "")


@pytest.mark.parametrize(("event", "stored"), EVENTS)
def test_each_event_is_stored_under_the_keys_that_ledgers_have(event, stored):
    assert write_event(event) == {**stored, "git_commit": ""}


@pytest.mark.parametrize("event", [event for event, _ in EVENTS])
def test_each_event_is_read_back_as_it_was_written(event):
    assert read_event(make_entry(event), type(event)) == event


def test_shares_of_a_scored_batch_are_of_the_rows_that_they_name():
    assert SCORED.declined_share == 0.25
    assert SCORED.rejected_share == 0.1


def test_shares_of_an_empty_batch_are_zero():
    empty = replace(SCORED, read_count=0, scored_count=0, declined_count=0)

    assert (empty.declined_share, empty.rejected_share) == (0.0, 0.0)


def test_rows_known_before_are_those_of_a_correction_alone():
    assert SCORED.known_count == 0
    assert replace(SCORED, corrects="abab").known_count == 1


def test_a_ledger_from_before_reasons_were_given_is_read_without_them():
    stored = {name: value for name, value in write_event(SCORED).items() if "reason" not in name}

    entry = replace(make_entry(SCORED), details=write_details(stored))

    event = read_event(entry, Scored)
    assert (event.reasons_mode, event.reasoned_count) == ("none", 0)
