import pytest
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend

from credit_default.data.contract.value_meanings import NOT_STATED
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.families.points_card import POINTS_PER_LOG_ODDS
from credit_default.model.families.recipe import Recipe
from credit_default.views.card.points_table import build_parts_blocks
from credit_default.views.documents.document import Table


def fit_loans(recipe):
    return fit(
        recipe,
        lend(1_000, seed=1),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )


@pytest.fixture(scope="module")
def bundle():
    return fit_loans(Recipe(family="scorecard", bin_count=4))


def test_each_bin_has_its_clients_and_its_points_and_missing_values_have_a_bin(bundle):
    _, table, *_ = build_parts_blocks(bundle, SCHEMA)

    assert table.heading == ("feature", "bin", "clients", "points")
    place = bundle.feature_names.index("debt_to_income")
    card, rows = bundle.forest, [row for row in table.rows if row[0] == "debt_to_income"]
    assert [row[3] for row in rows] == [f"{points:+.2f}" for points in card.points_[place]]
    assert [row[2] for row in rows] == [f"{share:.1%}" for share in card.shares_[place]]
    assert rows[0][1].startswith("up to ")
    assert rows[-2][1].startswith("above ")
    assert rows[-1][1] == NOT_STATED


def test_a_clients_score_can_be_worked_by_hand_from_the_start_and_the_points(bundle):
    introduction, table, *_ = build_parts_blocks(bundle, SCHEMA)

    start = bundle.forest.intercept_ * POINTS_PER_LOG_ODDS
    assert f"start from {start:.2f}" in introduction.text
    named = {row[0] for row in table.rows}
    silent = [
        name
        for name, points in zip(bundle.feature_names, bundle.forest.points_, strict=True)
        if not points.any()
    ]
    assert named == {*bundle.feature_names} - {*silent}


def test_a_bin_of_codes_is_named_by_what_they_mean(bundle):
    _, table, *_ = build_parts_blocks(bundle, SCHEMA)

    labels = " ".join(row[1] for row in table.rows if row[0] == "grade")

    assert "grade A" in labels


def test_a_blend_is_shown_by_its_members_and_their_weights():
    trees = {"family": "boosting", "tree_count": 4}
    bundle = fit_loans(Recipe(family="blend", members=[trees, "scorecard"], weights=[3, 1]))

    (table,) = build_parts_blocks(bundle, SCHEMA)

    assert table == Table(("member", "weight"), (("booster", "75.0%"), ("scorecard", "25.0%")))


def test_a_forest_has_no_such_table():
    bundle = fit_loans(Recipe(tree_count=4, leaf_row_count=20))

    assert build_parts_blocks(bundle, SCHEMA) == ()
