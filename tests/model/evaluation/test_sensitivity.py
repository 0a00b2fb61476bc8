import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.sensitivity import _take_evenly, measure_sensitivity
from credit_default.model.features.declaration import parse_features


def test_every_input_of_the_model_is_nudged_and_the_largest_difference_comes_first(bundle, rows):
    found = measure_sensitivity(bundle, rows, schema=CREDIT_CARD)

    differences = [item.mean_difference for item in found]
    assert differences == sorted(differences, reverse=True)
    assert {item.column for item in found} == set(bundle.input_names)
    assert all(0 <= abs(item.mean_change) <= item.mean_difference + 1e-15 for item in found)
    assert all(0 <= item.changed_decision_share <= 1 for item in found)


def test_amounts_are_moved_both_ways_and_codes_to_the_next_one(bundle, rows):
    nudges = {
        (item.column, item.nudge) for item in measure_sensitivity(bundle, rows, schema=CREDIT_CARD)
    }

    assert {nudge for column, nudge in nudges if column == "credit_limit"} == {"+10%", "−10%"}
    assert {nudge for column, nudge in nudges if column == "repayment_status_m1"} == {"next code"}


def test_row_order_changes_no_figure(bundle, rows):
    shuffled = rows.sample(fraction=1, shuffle=True, seed=5)

    assert measure_sensitivity(bundle, rows, schema=CREDIT_CARD) == measure_sensitivity(
        bundle, shuffled, schema=CREDIT_CARD
    )


def test_protected_attributes_are_no_inputs_and_are_not_nudged(bundle, rows):
    nudged = {item.column for item in measure_sensitivity(bundle, rows, schema=CREDIT_CARD)}

    assert nudged.isdisjoint(CREDIT_CARD.protected)


def test_whole_numbers_are_raised_by_one_and_stay_in_their_range(make_rows):
    columns = (
        *CREDIT_CARD.columns[:2],
        Column("age", "integer", "Age in years.", minimum=18, maximum=69),
    )
    schema = Schema("ages", "1", columns, CREDIT_CARD.outcome)
    rows = make_rows(200).select("client_id", "statement_month", "age", "defaulted")
    bundle = fit(
        Recipe(tree_count=3, leaf_row_count=5),
        rows,
        schema=schema,
        decision_policy=DecisionPolicy(),
        features=parse_features([{"name": "age", "function": "raw", "columns": ["age"]}]),
    )

    (found,) = measure_sensitivity(bundle, rows, schema=schema)

    assert (found.column, found.nudge) == ("age", "+1")
    oldest = (
        measure_sensitivity(bundle, rows.filter(age=69), schema=schema) if 69 in rows["age"] else ()
    )
    assert all(item.mean_difference == pytest.approx(0) for item in oldest)


IDENTITY = parse_features([{"name": "x", "function": "raw", "columns": ["x"]}])


def measure_moves(column, values):
    """What each nudge does to the scores of a tree that cuts the only input finely: its mean change."""
    schema = Schema("moves", "1", (*CREDIT_CARD.columns[:2], column), CREDIT_CARD.outcome)
    rows = pl.DataFrame(
        {
            "client_id": [f"T{number:04d}" for number in range(len(values))],
            "statement_month": ["2005-09"] * len(values),
            "x": values,
            "defaulted": [number % 3 == 0 for number in range(len(values))],
        }
    ).with_columns(pl.col("defaulted").cast(pl.Int64))
    bundle = fit(
        Recipe(tree_count=3, leaf_row_count=2, maximum_depth=8),
        rows,
        schema=schema,
        decision_policy=DecisionPolicy(),
        features=IDENTITY,
    )
    found = {item.nudge: item for item in measure_sensitivity(bundle, rows, schema=schema)}
    return bundle, rows, found


def expect(bundle, rows, moved):
    base = score_probability(bundle, rows)
    other = score_probability(bundle, rows.with_columns(x=pl.Series(moved, dtype=rows["x"].dtype)))
    threshold = bundle.decision_policy.threshold
    return (
        pytest.approx((other - base).mean(), abs=1e-15),
        pytest.approx(np.abs(other - base).mean(), abs=1e-15),
        np.mean((other >= threshold) != (base >= threshold)),
    )


def describe(item):
    return item.mean_change, item.mean_difference, item.changed_decision_share


def test_an_amount_moves_by_a_tenth_within_its_range_and_special_values_stay():
    values = [*np.linspace(-50.0, 100.0, 59).tolist(), -99.0, -99.0, None, None]
    column = Column(
        "x", "amount", "X.", minimum=-50, maximum=100, special={-99: "none"}, optional=True
    )

    bundle, rows, found = measure_moves(column, values)

    def move(factor):
        return [
            value if value in (None, -99.0) else min(100.0, max(-50.0, value * factor))
            for value in values
        ]

    assert set(found) == {"+10%", "−10%"}
    assert describe(found["+10%"]) == expect(bundle, rows, move(1.1))
    assert describe(found["−10%"]) == expect(bundle, rows, move(0.9))
    assert found["+10%"].mean_difference > 0


def test_a_code_becomes_the_next_higher_one_and_the_highest_stays():
    codes = {5: "five", 1: "one", 3: "three"}
    values = [5, 1, 3, 1, 1, 3, 5, 5, 3] * 8

    bundle, rows, found = measure_moves(Column("x", "code", "X.", codes=codes), values)

    following = {1: 3, 3: 5, 5: 5}
    assert describe(found["next code"]) == expect(bundle, rows, [following[v] for v in values])
    assert found["next code"].mean_difference > 0


def test_a_whole_number_is_raised_by_one_up_to_its_highest():
    values = list(range(20, 70)) * 2

    bundle, rows, found = measure_moves(
        Column("x", "integer", "X.", minimum=20, maximum=69), values
    )

    assert describe(found["+1"]) == expect(bundle, rows, [min(69, value + 1) for value in values])
    assert found["+1"].mean_difference > 0


def test_two_thousand_rows_are_taken_evenly_from_first_to_last():
    rows = pl.DataFrame({"place": range(5_001)})

    assert _take_evenly(rows, 3)["place"].to_list() == [0, 2_500, 5_000]
    assert _take_evenly(rows, 2_000).height == 2_000
    assert _take_evenly(rows[:3], 2_000)["place"].to_list() == [0, 1, 2]
    assert _take_evenly(rows[:4], 4)["place"].to_list() == [0, 1, 2, 3]
