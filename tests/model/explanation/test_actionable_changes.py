import polars as pl
import pytest

from credit_default.data.contract.schema_parsing import parse_schema
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


def test_what_a_card_client_could_have_done_is_declared_in_full():
    months = range(1, 7)
    statuses, bills, payments = (
        tuple(f"{stem}_m{month}" for month in months)
        for stem in ("repayment_status", "bill_amount", "payment_amount")
    )
    smaller, larger = (0.9, 0.75, 0.5, 0.25, 0.0), (0.1, 0.25, 0.5, 0.75, 1.0)

    assert (
        *(
            Lever(f"the payment of month m{month} on time", "cap", (status,), (0.0, -1.0))
            for month, status in zip(months, statuses, strict=True)
        ),
        Lever("every payment on time", "cap", statuses, (0.0, -1.0)),
        Lever("a smaller latest bill", "scale", ("bill_amount_m1",), smaller),
        Lever("smaller bills in all months", "scale", bills, smaller),
        Lever(
            "a larger latest payment", "settle", ("payment_amount_m1",), larger, ("bill_amount_m2",)
        ),
        Lever("larger payments in all months", "settle", payments[:5], larger, bills[1:]),
    ) == CREDIT_CARD_LEVERS


def test_a_lever_with_references_for_some_of_its_columns_alone_is_refused():
    lever = Lever("x", "settle", ("a", "b"), (0.5,), ("c",))

    with pytest.raises(ValueError, match="shorter"):
        lever.apply_step({"a": 1, "b": 2, "c": 3}, 0.5)


@pytest.mark.parametrize("value", [0, -7])
def test_a_bill_that_owes_nothing_is_not_scaled(value):
    assert Lever("x", "scale", ("a",), ()).apply_step({"a": value}, 0.5) == {}


def test_what_has_no_place_in_an_order_is_no_step_and_equal_deciles_are_one():
    schema = parse_schema(
        {
            "name": "loans",
            "version": "1",
            "columns": [
                {
                    "name": "delay",
                    "kind": "integer",
                    "description": "Days.",
                    "optional": True,
                    "special": {"99": "never"},
                },
                {
                    "name": "grade",
                    "kind": "category",
                    "description": "Grade.",
                    "values": {"low": "low", "high": "high"},
                    "ordered": True,
                    "unseen": "other",
                },
                {
                    "name": "purpose",
                    "kind": "category",
                    "description": "For.",
                    "values": {"car": "car", "home": "home"},
                },
                {"name": "since", "kind": "date", "description": "Since."},
            ],
            "outcome": {"description": "x"},
        }
    )
    accepted = pl.DataFrame(
        {
            "delay": [1.0, 1.0, None, 99.0, 99.0],
            "grade": [0, 0, 0, 2, 2],
            "purpose": [1, 1, 2, 2, 2],
            "since": [1, 2, 3, 4, 5],
        }
    )

    levers = derive_levers(schema, input_names=accepted.columns, accepted=accepted)

    assert levers == (
        Lever("delay", "set", ("delay",), (1.0,)),
        Lever("grade", "set", ("grade",), (2.0,)),
    )
