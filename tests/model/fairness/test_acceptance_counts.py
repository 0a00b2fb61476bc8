from dataclasses import replace

import polars as pl
import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError
from credit_default.model.fairness.acceptance_counts import (
    AttributePlan,
    GroupAcceptance,
    count_acceptance,
    plan_acceptance,
)
from credit_default.model.fairness.groupings import AttributeBands
from credit_default.model.fairness.policy import FairnessPolicy

PROTECTED = {"description": "x", "protected": True}
SCHEMA = parse_schema(
    {
        "name": "people",
        "version": "1",
        "columns": [
            {"name": "sex", "kind": "code", "codes": {"1": "male", "2": "female"}, **PROTECTED},
            {"name": "age", "kind": "integer", **PROTECTED},
            {"name": "income", "kind": "integer", **PROTECTED},
        ],
        "outcome": {"description": "x"},
    }
)
ROWS = pl.DataFrame(
    {
        "sex": [1, 2, 2, 1],
        "age": [25, 35, 45, 65],
        "income": [10, 20, 30, 40],
        "decision": ["accept", "decline", "accept", "accept"],
    }
)
POLICY = FairnessPolicy(bands=(AttributeBands("age", (40.0,)),))


def test_groups_are_cut_where_the_policy_says_or_else_at_the_references_quartiles():
    plan = plan_acceptance(ROWS, schema=SCHEMA, policy=POLICY)

    assert plan.attributes == ("sex", "age", "income")
    assert plan.bands == (
        AttributeBands("age", (40.0,)),
        AttributeBands("income", (17.5, 25.0, 32.5)),
    )


def test_accepted_clients_are_counted_by_group_over_all_frames():
    plan = plan_acceptance(ROWS, schema=SCHEMA, policy=POLICY)

    found = count_acceptance(ROWS.iter_slices(3), schema=SCHEMA, plan=plan)

    assert found["sex"] == {"male": GroupAcceptance(2, 2), "female": GroupAcceptance(2, 1)}
    assert found["age"] == {
        "below 40": GroupAcceptance(2, 1),
        "40 and above": GroupAcceptance(2, 2),
    }
    assert found == count_acceptance([ROWS], schema=SCHEMA, plan=plan)
    assert found["sex"]["female"].accept_share == 0.5


def test_clients_whose_group_is_unknown_are_in_none():
    plan = AttributePlan(("sex",), ())
    rows = ROWS.with_columns(sex=pl.Series([None, None, None, 1], dtype=pl.Int64))

    assert count_acceptance([rows, rows.head(3)], schema=SCHEMA, plan=plan) == {
        "sex": {"male": GroupAcceptance(1, 1)}
    }
    assert GroupAcceptance(0, 0).accept_share == 0


def test_attribute_without_a_value_in_the_reference_is_not_cut():
    empty = ROWS.with_columns(income=pl.lit(None, dtype=pl.Int64))

    assert [band.name for band in plan_acceptance(empty, schema=SCHEMA, policy=POLICY).bands] == [
        "age"
    ]


def test_attribute_that_the_schema_lacks_is_refused():
    with pytest.raises(InputError, match="fairness attributes"):
        plan_acceptance(ROWS, schema=SCHEMA, policy=FairnessPolicy(attributes=("shoe_size",)))


def test_a_missing_value_of_an_optional_attribute_is_a_group_of_its_own():
    columns = tuple(replace(c, optional=c.name == "sex") for c in SCHEMA.columns)
    rows = ROWS.with_columns(sex=pl.Series([None, 1, None, 1], dtype=pl.Int64))
    plan = AttributePlan(("sex",), ())

    found = count_acceptance([rows], schema=replace(SCHEMA, columns=columns), plan=plan)

    assert found == {"sex": {"male": GroupAcceptance(2, 1), "not stated": GroupAcceptance(2, 2)}}


def test_frames_without_rows_of_an_attribute_leave_its_counts_as_they_are():
    plan = AttributePlan(("sex", "age"), (AttributeBands("age", (40.0,)),))
    unknown = ROWS.with_columns(sex=pl.lit(None, dtype=pl.Int64))

    found = count_acceptance([ROWS, unknown, ROWS[:0]], schema=SCHEMA, plan=plan)

    assert found["sex"] == {"male": GroupAcceptance(2, 2), "female": GroupAcceptance(2, 1)}
    assert found["age"] == {
        "below 40": GroupAcceptance(4, 2),
        "40 and above": GroupAcceptance(4, 4),
    }
