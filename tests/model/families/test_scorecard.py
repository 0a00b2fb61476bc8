"""A scorecard's points as a family: what counts as one, and what each feature adds, by hand."""

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard import SCORECARD

RECIPE = Recipe(family="scorecard", bin_count=4)


def make_card(**changes):
    """Two features: one of three bins, one that is either there or missing."""
    card = SCORECARD.build(RECIPE, None)
    card.note_fit(np.zeros((1, 2), dtype=np.float32))
    card.intercept_ = -1.5
    card.edges_ = [np.array([0.0, 2.0]), np.empty(0)]
    card.points_ = [np.array([-20.0, 0.0, 20.0, 5.0]), np.array([0.0, 40.0])]
    card.shares_ = [np.array([0.25, 0.5, 0.25, 0.0]), np.array([0.75, 0.25])]
    vars(card).update(changes)
    return card


def check(card):
    SCORECARD.check_estimator(card, recipe=RECIPE, feature_count=2)


def test_twenty_points_double_the_odds_and_a_value_at_an_edge_belongs_below_it():
    rows = np.array([[0, 1], [0.1, 1], [2, np.nan], [2.1, 1], [np.nan, 1]], dtype=np.float32)

    terms = SCORECARD.list_terms(make_card(), rows)

    doubling = np.log(2)
    assert terms[:, 0] == pytest.approx(np.array([-1, 0, 0, 1, 0.25]) * doubling)
    assert terms[:, 1] == pytest.approx(np.array([0, 0, 2, 0, 0]) * doubling)
    assert make_card().decision_function(rows) == pytest.approx(-1.5 + terms.sum(axis=1))


def test_importance_is_each_features_share_of_the_summed_spread_of_points():
    # 20 · √.5 = 14.14 of the first; the second has 40 in a quarter: 40 · √(.25 · .75) = 17.32.
    found = SCORECARD.measure_importance(make_card())

    first, second = 20 * 0.5**0.5, 40 * (0.25 * 0.75) ** 0.5
    assert found == pytest.approx([first / (first + second), second / (first + second)])


def test_importance_is_shared_equally_where_no_feature_has_points():
    blank = make_card(points_=[np.zeros(4), np.zeros(2)])

    assert SCORECARD.measure_importance(blank).tolist() == [0.5, 0.5]


def test_arrays_are_the_intercept_then_edges_points_and_shares_of_each_feature():
    card = make_card()

    arrays = [array.tolist() for array in SCORECARD.list_arrays(card)]

    assert arrays == [
        [-1.5],
        [0.0, 2.0],
        [-20.0, 0.0, 20.0, 5.0],
        [0.25, 0.5, 0.25, 0.0],
        [],
        [0.0, 40.0],
        [0.75, 0.25],
    ]


def test_constraints_stand_on_a_card_only_where_they_are_given():
    assert "constraints" not in vars(SCORECARD.build(RECIPE, None))
    assert SCORECARD.build(RECIPE, [1, 0]).constraints == [1, 0]
    assert "at most 4 bins a feature" in SCORECARD.describe(RECIPE)


FIRST_SHARES = [0.25, 0.5, 0.25, 0.0]


def points_of_first(*points):
    return [np.array(points, dtype=np.float64), np.array([0.0, 40.0])]


def shares_of_first(*shares):
    return [np.array(shares, dtype=np.float64), np.array([0.75, 0.25])]


def edges_of_first(*edges):
    return [np.array(edges, dtype=np.float64), np.empty(0)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"intercept_": 999.0},
        {"edges_": edges_of_first(0.0, 1e-300)},
        {"points_": points_of_first(-99_999.0, 0.0, 99_999.0, 0.0)},
        {"shares_": shares_of_first(0.25, 0.5, 0.25 + 9e-7, 0.0)},
        {"shares_": shares_of_first(0.0, 0.0, 1.0, 0.0)},
    ],
)
def test_a_card_within_its_bounds_is_accepted(changes):
    check(make_card(**changes))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"intercept_": 1_000.0}, "an intercept that is no log odds"),
        ({"edges_": [np.array([0.0, 2.0])]}, "a table over other features"),
        ({"points_": (*points_of_first(0, 0, 0, 0),)}, "a table over other features"),
        ({"shares_": [*shares_of_first(1, 0, 0, 0), np.ones(1)]}, "a table over other features"),
        ({"points_": [np.zeros(4, np.float32), np.zeros(2)]}, "a malformed table of points"),
        ({"points_": [[0.0] * 4, np.zeros(2)]}, "a malformed table of points"),
        ({"shares_": [np.array([FIRST_SHARES]), np.ones(2)]}, "a malformed table of points"),
        ({"points_": points_of_first(0, 0, 0)}, "points for other bins"),
        ({"points_": points_of_first(0, 0, 0, 0, 0)}, "points for other bins"),
        ({"shares_": shares_of_first(0.5, 0.25, 0.25)}, "points for other bins"),
        ({"edges_": edges_of_first(2.0, 2.0)}, "edges that do not rise"),
        ({"edges_": edges_of_first(2.0, 0.0)}, "edges that do not rise"),
        ({"edges_": edges_of_first(0.0, np.inf)}, "edges that do not rise"),
        ({"edges_": edges_of_first(np.nan, 0.0)}, "edges that do not rise"),
        ({"points_": points_of_first(0, 0, 0, 1e5)}, "points that are no number"),
        ({"points_": points_of_first(0, 0, 0, -1e5)}, "points that are no number"),
        ({"points_": points_of_first(0, 0, 0, np.nan)}, "points that are no number"),
        ({"shares_": shares_of_first(-0.01, 0.5, 0.5, 0.01)}, "shares outside 0 to 1"),
        ({"shares_": shares_of_first(1.01, 0, 0, 0)}, "shares outside 0 to 1"),
        ({"shares_": shares_of_first(0.25, 0.5, 0.25, 2e-6)}, "shares that do not sum to 1"),
        ({"shares_": shares_of_first(0.25, 0.5, 0.25 - 2e-6, 0)}, "shares that do not sum to 1"),
    ],
)
def test_a_card_that_fitting_does_not_make_is_refused(changes, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check(make_card(**changes))


def test_as_many_edges_as_bins_are_a_bin_too_many():
    full = edges_of_first(0.0, 1.0, 2.0)
    table = points_of_first(0, 0, 0, 0, 0), shares_of_first(1, 0, 0, 0, 0)
    check(make_card(edges_=full, points_=table[0], shares_=table[1]))

    over = edges_of_first(0.0, 1.0, 2.0, 3.0)
    table = points_of_first(0, 0, 0, 0, 0, 0), shares_of_first(1, 0, 0, 0, 0, 0)
    with pytest.raises(ArtifactError, match="found more bins than the recipe's"):
        check(make_card(edges_=over, points_=table[0], shares_=table[1]))


def test_importance_is_shared_by_the_spread_however_small_the_points_are():
    tiny = make_card(points_=[np.array([-0.01, 0.0, 0.01, 0.0]), np.zeros(2)])

    assert SCORECARD.measure_importance(tiny).tolist() == [1.0, 0.0]
