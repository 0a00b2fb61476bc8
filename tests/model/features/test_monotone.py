import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.model.estimator.recipe_pipeline import Recipe, build_pipeline, choose_features
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.build_features import build_features, describe_features
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import parse_features
from credit_default.model.features.monotone import (
    constrain_features,
    list_constraints,
    list_risk_inputs,
)
from credit_default.model.features.row_functions import ROW_FUNCTIONS

KEY = ["client_id", "statement_month"]
STATUSES = [f"repayment_status_m{month}" for month in range(1, 7)]
RISING = {"late": 1.0, "worse": 1.0}


def find_constraints(*items):
    """Name and constraint of each feature that the forest may still see."""
    chosen = constrain_features(parse_features(items), risk_inputs=RISING)
    names = [feature.name for feature in chosen if feature.kept]
    return dict(zip(names, list_constraints(chosen, risk_inputs=RISING), strict=True))


def declare(function, *columns, **arguments):
    return {"name": "x", "function": function, "columns": columns, "arguments": arguments}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (declare("raw", "late"), {"x": 1}),
        (declare("raw", "income"), {"x": 0}),
        (declare("clip", "late", minimum=0.0), {"x": 1}),
        (declare("log", "late"), {"x": 1}),
        (declare("ratio", "late", "income"), {"x": 1}),
        (declare("ratio", "income", "late"), {}),
        (declare("difference", "late", "income"), {"x": 1}),
        (declare("difference", "income", "late"), {"x": -1}),
        (declare("difference", "late", "worse"), {}),
        (declare("mean", "late", "income", "worse"), {"x": 1}),
        (declare("spread", "late", "worse"), {}),
        (declare("spread", "income", "age"), {"x": 0}),
        (declare("trend", "late", "worse"), {}),
        (declare("weighted_mean", "late", "worse", decay=0.7), {"x": 1}),
        (declare("weighted_mean", "late", "worse", decay=-0.7), {}),
        (declare("count_at_least", "late", "worse", value=2.0), {"x": 1}),
        (declare("count_at_most", "late", "worse", value=0.0), {"x": -1}),
        (declare("months_since_at_least", "late", "worse", value=1.0), {"x": -1}),
        (declare("count_equal", "late", "worse", value=-1.0), {"x": -1}),
        (declare("count_equal", "late", "worse", value=1.0), {}),
        (declare("count_equal", "income", value=1.0), {"x": 0}),
    ],
    ids=lambda value: value.get("function", ""),
)
def test_a_feature_is_constrained_by_its_row_function_s_directions(item, expected):
    assert find_constraints(item, {"name": "other", "function": "raw", "columns": ["other"]}) == {
        **expected,
        "other": 0,
    }


def test_a_way_is_followed_through_steps_that_the_forest_does_not_see():
    steps = [
        {"name": "spare", "function": "difference", "columns": ["income", "late"], "kept": False},
        {"name": "doubled", "function": "difference", "columns": ["late", "spare"]},
        {"name": "cancelled", "function": "total", "columns": ["late", "spare"]},
    ]

    assert find_constraints(*steps) == {"doubled": 1}


def test_a_feature_left_out_may_still_be_a_step_to_one_that_stays():
    steps = [
        {"name": "change", "function": "difference", "columns": ["late", "worse"]},
        {"name": "back", "function": "maximum", "columns": ["late", "income"]},
    ]

    chosen = constrain_features(parse_features(steps), risk_inputs=RISING)

    assert [(feature.name, feature.kept) for feature in chosen] == [
        ("change", False),
        ("back", True),
    ]


def test_codes_are_kinds_only_while_the_name_still_means_the_input():
    held = {
        "name": "late",
        "function": "clip",
        "columns": ["late"],
        "arguments": {"maximum": 0.0},
        "kept": False,
    }

    assert find_constraints(
        held, declare("count_equal", "late", value=0.0), declare("raw", "income") | {"name": "y"}
    ) == {"y": 0}


def test_every_row_function_states_its_directions():
    assert all(
        set(word.directions) <= {-1, 0, 1} and word.directions for word in ROW_FUNCTIONS.values()
    )


@given(data=st.data())
@settings(max_examples=100)
def test_row_functions_move_in_their_stated_directions(data):
    # Of the others nothing is stated: they may move either way.
    stated = [name for name, word in ROW_FUNCTIONS.items() if set(word.directions) != {0}]
    name = data.draw(st.sampled_from(sorted(stated)))
    word = ROW_FUNCTIONS[name]
    count = (
        word.fewest_columns if word.most_columns else data.draw(st.integers(word.fewest_columns, 4))
    )
    arguments = {key: 0.5 if value is None else value for key, value in word.arguments.items()}
    low = [np.array([data.draw(st.integers(-3, 5)) / 2]) for _ in range(count)]
    position = data.draw(st.integers(0, count - 1))
    high = [
        column + (place == position) * data.draw(st.integers(1, 6)) / 2
        for place, column in enumerate(low)
    ]
    direction = (word.directions + word.directions[-1:] * count)[position]

    moved = word.compute(high, **arguments)[0] - word.compute(low, **arguments)[0]

    assert direction * moved >= 0


def test_the_credit_cards_features_lose_one_and_sixteen_are_constrained():
    rising = list_risk_inputs(CREDIT_CARD)
    free = choose_features(Recipe(), CREDIT_CARD_FEATURES, schema=CREDIT_CARD)
    chosen = choose_features(Recipe(monotone=True), CREDIT_CARD_FEATURES, schema=CREDIT_CARD)

    assert rising == dict.fromkeys(STATUSES, 1)
    assert {f.name for f in free if f.kept} - {f.name for f in chosen if f.kept} == {
        "status_change"
    }
    constraints = list_constraints(chosen, risk_inputs=rising)
    assert (constraints.count(1), constraints.count(-1)) == (12, 4)


def test_a_free_recipe_is_not_constrained():
    assert (
        build_pipeline(Recipe(), schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES)[
            -1
        ].monotonic_cst
        is None
    )


def test_a_schema_without_a_risk_that_rises_has_no_monotone_recipe():
    bare = Schema(
        "bare",
        "1",
        (*CREDIT_CARD.columns[:2], Column("income", "amount", "Income.")),
        CREDIT_CARD.outcome,
    )

    with pytest.raises(
        InputError, match=r"recipe's monotone: found no input of schema 'bare' with risk_rises_from"
    ):
        choose_features(Recipe(monotone=True), CREDIT_CARD_FEATURES, schema=bare)


@pytest.fixture(scope="module")
def clients():
    """Return simulated clients with outcomes that partly contradict monotonicity in lateness."""
    first = next(iter(simulate(client_count=1_500, month_count=1, seed=5)))
    rows = first.statements.join(first.outcomes.select(*KEY, "defaulted"), on=KEY)
    turned = pl.when(pl.col("repayment_status_m2") >= 2).then(0).otherwise("defaulted")
    return rows.with_columns(turned.cast(pl.Int64).alias("defaulted"))


@pytest.fixture(scope="module")
def monotone(clients, fit_small):
    return fit_small(
        clients, recipe=Recipe(tree_count=10, leaf_row_count=5, maximum_depth=8, monotone=True)
    )


MOVES = st.lists(
    st.tuples(st.integers(0, 1_499), st.sampled_from(STATUSES), st.integers(1, 8)),
    min_size=1,
    max_size=40,
)


def find_falls(bundle, clients, moves):
    """How many of the clients score lower after one status each was raised to 1 or above."""
    before = clients[[row for row, _, _ in moves]].with_row_index("place")
    after = before.with_columns(
        pl.Series(
            status,
            [
                max(level, old + 1) if chosen == status else old
                for (_, chosen, level), old in zip(moves, before[status].to_list(), strict=True)
            ],
        )
        for status in STATUSES
    )
    return int((score_probability(bundle, after) < score_probability(bundle, before)).sum())


@given(moves=MOVES)
@settings(max_examples=25)
def test_a_client_who_is_later_never_scores_lower(monotone, clients, moves):
    assert find_falls(monotone, clients, moves) == 0


def test_an_unconstrained_forest_fitted_on_the_same_rows_is_not_monotone(clients, fit_small):
    free = fit_small(clients, recipe=Recipe(tree_count=10, leaf_row_count=5, maximum_depth=8))

    assert (
        find_falls(free, clients, [(row, "repayment_status_m2", 2) for row in range(1_500)]) > 100
    )


@given(moves=MOVES)
@settings(max_examples=20)
def test_every_constrained_feature_moves_its_own_way(clients, moves):
    features = choose_features(Recipe(monotone=True), CREDIT_CARD_FEATURES, schema=CREDIT_CARD)
    constraints = np.array(list_constraints(features, risk_inputs=list_risk_inputs(CREDIT_CARD)))
    row, status, level = moves[0]
    before = clients[row : row + 1]
    after = before.with_columns(
        pl.lit(max(level, before[status][0] + 1), dtype=pl.Int64).alias(status)
    )

    low, high = (build_features(rows, spec=describe_features(features)) for rows in (before, after))

    assert ((high - low) * constraints >= 0).all()
    assert ((high == low) | (constraints != 0)).all()


@pytest.mark.parametrize(
    ("value", "kept", "constraint"),
    [(-1.0, True, -1), (0.0, True, -1), (0.999, True, -1), (1.0, False, None), (2.0, False, None)],
)
def test_a_count_of_codes_below_the_risk_falls_and_one_within_it_moves_either_way(
    value, kept, constraint
):
    features = parse_features(
        [
            {
                "name": "x",
                "function": "count_equal",
                "columns": ["late"],
                "arguments": {"value": value},
            }
        ]
    )

    (feature,) = constrain_features(features, risk_inputs={"late": 1.0})

    assert feature.kept is kept
    if kept:
        assert list_constraints([feature], risk_inputs={"late": 1.0}) == [constraint]


@pytest.mark.parametrize(("decay", "constraints"), [(0.5, [1]), (0.0, [1]), (-0.5, [])])
def test_a_weighted_mean_rises_only_with_weights_that_do_not_alternate(decay, constraints):
    features = parse_features(
        [
            {
                "name": "x",
                "function": "weighted_mean",
                "columns": ["late", "later"],
                "arguments": {"decay": decay},
            }
        ]
    )
    risk = {"late": 1.0, "later": 1.0}

    kept = constrain_features(features, risk_inputs=risk)

    assert list_constraints(kept, risk_inputs=risk) == constraints


def test_features_on_other_inputs_are_kept_without_a_constraint_and_dropped_ones_stay_dropped():
    features = parse_features(
        [
            {"name": "limit", "function": "raw", "columns": ["credit"]},
            {"name": "way", "function": "clip", "columns": ["late"], "kept": False},
            {"name": "less", "function": "difference", "columns": ["credit", "way"]},
            {"name": "again", "function": "raw", "columns": ["late"]},
            {
                "name": "codes",
                "function": "count_equal",
                "columns": ["again"],
                "arguments": {"value": 0.0},
            },
            {
                "name": "clipped",
                "function": "count_equal",
                "columns": ["way"],
                "arguments": {"value": 0.0},
            },
        ]
    )

    found = constrain_features(features, risk_inputs={"late": 1.0})

    assert [feature.kept for feature in found] == [True, False, True, True, False, False]
    assert list_constraints(found, risk_inputs={"late": 1.0}) == [0, -1, 1]
