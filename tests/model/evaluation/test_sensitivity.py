import pytest

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.sensitivity import measure_sensitivity
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
