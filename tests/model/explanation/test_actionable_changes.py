import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.explanation.actionable_changes import (
    CREDIT_CARD_LEVERS,
    Lever,
    derive_levers,
)


@pytest.mark.parametrize(
    ("lever", "row", "step", "moved"),
    [
        (Lever("x", "cap", ("a", "b"), ()), {"a": 3, "b": -1}, 0.0, {"a": 0.0}),
        (Lever("x", "scale", ("a", "b"), ()), {"a": 1_001, "b": -50}, 0.5, {"a": 500}),
        (Lever("x", "settle", ("a",), (), ("b",)), {"a": 10, "b": 1_000}, 0.25, {"a": 250}),
        (Lever("x", "settle", ("a",), (), ("b",)), {"a": 900, "b": 1_000}, 0.25, {}),
        (Lever("x", "set", ("a",), ()), {"a": 7}, 9.0, {"a": 9.0}),
    ],
)
def test_a_step_applies_as_declared_and_returns_only_what_changed(lever, row, step, moved):
    assert lever.apply_step(row, step) == moved


def test_credit_card_levers_touch_what_a_client_does_and_nothing_else():
    moved = {name for lever in CREDIT_CARD_LEVERS for name in lever.columns}

    assert {name.rpartition("_m")[0] for name in moved} == {
        "repayment_status",
        "bill_amount",
        "payment_amount",
    }


def test_derived_levers_are_the_unprotected_numbers_that_the_model_sees():
    accepted = pl.DataFrame({name: [1.0, 2.0, 3.0] for name in CREDIT_CARD.names})

    levers = derive_levers(
        CREDIT_CARD, input_names=["age", "education", "credit_limit"], accepted=accepted
    )

    assert [(lever.name, lever.columns, lever.steps) for lever in levers] == [
        ("credit limit", ("credit_limit",), (1.0, 2.0, 3.0))
    ]


def test_steps_of_a_derived_lever_are_the_nine_deciles():
    accepted = pl.DataFrame({"credit_limit": [float(number) for number in range(101)]})

    (lever,) = derive_levers(CREDIT_CARD, input_names=["credit_limit"], accepted=accepted)

    assert lever.steps == (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
