import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.plan import ColumnPlan, plan_profile, read_values


def plan_whole(*columns, **values):
    schema = Schema(
        "small",
        "1",
        (Column("client_id", "identifier", "x"), Column("statement_month", "month", "x"), *columns),
        Column("defaulted", "outcome", "x", codes={0: "no", 1: "yes"}),
    )
    rows = pl.DataFrame(values).with_columns(default_probability=0.25, decision=pl.lit("accept"))
    return plan_profile(rows, schema=schema, decision_policy=DecisionPolicy())


def plan(*columns, **values):
    return plan_whole(*columns, **values).columns


@pytest.mark.parametrize(
    ("method", "has_grid"),
    [("psi", False), ("jensenshannon", False), ("ks", True), ("wasserstein", True)],
)
def test_a_grid_of_the_numbers_is_planned_where_the_method_needs_one(method, has_grid):
    column = Column("x", "amount", "x", drift_method=method, special={-1: "none"})

    found, *_ = plan(column, x=[3.0, None, -1.0, 2.0] * 3)

    assert found.grid.tolist() == ([2.0, 3.0] if has_grid else [])
    assert found.special == (-1.0,)
    assert found.bins.values.tolist() == [-1.0, 2.0, 3.0]


def test_the_month_before_has_the_next_higher_number_and_must_be_an_input():
    names = ["late_m1", "late_m2", "late_m9", "late_m10", "sum_m4", "m1", "_m1", "_m2", "late_mx"]
    columns = [Column(name, "amount", "x") for name in names if not name.startswith("_")]

    found = plan(*columns, **{column.name: [1.0] for column in columns})

    assert {item.name: item.previous_month_column for item in found[:-2]} == {
        "late_m1": "late_m2",
        "late_m2": None,
        "late_m9": "late_m10",
        "late_m10": None,
        "sum_m4": None,
        "m1": None,
        "late_mx": None,
    }


def test_score_and_decision_come_last_the_decision_by_its_two_codes():
    *_, score, decision = plan(Column("x", "amount", "x"), x=[1.0] * 3)

    assert (score.name, score.bins.values.tolist(), len(score.grid)) == (
        "default_probability",
        [0.25],
        0,
    )
    assert (decision.name, decision.bins.values.tolist()) == ("decision", [0.0, 1.0])


def test_numbers_are_neither_missing_nor_special():
    column = ColumnPlan("x", None, np.empty(0), special=(-1.0, -2.0))

    assert column.keep_numbers(np.array([5.0, -1.0, np.nan, 0.0, -2.0])).tolist() == [5.0, 0.0]


def test_a_decision_is_one_where_it_declines_and_a_missing_value_no_number():
    rows = pl.DataFrame({"decision": ["decline", "accept"], "x": [None, 3]})

    assert read_values(rows, "decision").tolist() == [1.0, 0.0]
    assert read_values(rows, "x").tolist() == pytest.approx([np.nan, 3.0], nan_ok=True)


@pytest.mark.parametrize("count", [1, 3])
def test_inputs_are_all_but_the_score_and_the_decision(count):
    names = [f"x{number}" for number in range(count)]

    whole = plan_whole(
        *(Column(name, "amount", "x") for name in names), **{name: [1.0] for name in names}
    )

    assert [column.name for column in whole.inputs] == names
