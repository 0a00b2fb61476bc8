import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from tests.fakes.noisy_categories import SCHEMA, declare, draw_rows

from credit_default.data.splitting import assign_folds
from credit_default.model.features.declaration import parse_features
from credit_default.model.features.input_values import list_input_values
from credit_default.model.features.learn_features import (
    build_matrix,
    is_learned,
    learn_features,
    learn_sides,
    may_learn,
)

INPUTS = list_input_values(SCHEMA, ["city"])
WOE = {"name": "city_woe", "function": "woe", "columns": ["city"]}
MEAN = {"name": "city_rate", "function": "target_mean", "columns": ["city"]}
STRENGTH = 20


def learn(rows, *items, seed=0):
    return learn_features(declare(*items), rows, inputs=INPUTS, seed=seed)


def test_a_training_row_has_the_smoothed_rate_of_the_other_folds_alone():
    rows = draw_rows(600, seed=1).with_columns(city=pl.int_range(pl.len()) % 30 + 1)
    fold = np.asarray(assign_folds(rows, fold_count=5, seed=3))

    found = learn(rows, MEAN, seed=3).matrix[:, 0]

    city, outcome = rows["city"].to_numpy(), rows["defaulted"].to_numpy()
    for place in range(rows.height):
        others = fold != fold[place]
        same = others & (city == city[place])
        prior = outcome[others].mean()
        expected = (outcome[same].sum() + STRENGTH * prior) / (same.sum() + STRENGTH)
        assert found[place] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shared", ["client_id", "twins"])
def test_no_other_month_of_a_client_and_no_twin_tells_a_row_its_outcome(shared):
    rows, number = draw_rows(600, seed=2), pl.int_range(pl.len()) % 150
    # Each group of four has a city of its own: whoever learns of it learns from the group.
    rows = rows.with_columns(city=number + 1)
    if shared == "client_id":
        months = [f"2005-{place // 150 + 1:02d}" for place in range(600)]
        rows = rows.with_columns(
            client_id=pl.format("C{}", number), statement_month=pl.Series(months)
        )
    else:
        rows = rows.with_columns(pl.col("noise", "debt").first().over("city"))

    found = learn(rows, MEAN).matrix[:, 0]

    # All that is left is the rate of the other folds.
    assert len(np.unique(found)) <= 5
    assert np.ptp(found) < 0.05


def test_what_a_model_scores_with_is_learned_on_all_rows():
    rows = draw_rows(600, seed=1).with_columns(city=pl.int_range(pl.len()) % 3 + 1)

    learned = learn(rows, MEAN, WOE)

    outcome = rows["defaulted"].to_numpy()
    rates = [
        (outcome[at::3].sum() + STRENGTH * outcome.mean()) / (len(outcome[at::3]) + STRENGTH)
        for at in range(3)
    ]
    table = learned.features[0].arguments["learned"]
    assert table[:3] == pytest.approx(rates)
    woe = np.log(np.array(rates) / (1 - np.array(rates))) - np.log(
        outcome.mean() / (1 - outcome.mean())
    )
    assert learned.features[1].arguments["learned"][:3] == pytest.approx(woe)
    assert is_learned(learned.features)
    assert not is_learned(declare(WOE))


def test_a_value_without_a_row_a_missing_one_and_an_unknown_one_have_stated_numbers():
    rows = draw_rows(400, seed=1).with_columns(
        city=pl.when(pl.int_range(pl.len()) < 100).then(None).otherwise(pl.lit(1))
    )
    rows = rows.with_columns(defaulted=pl.int_range(pl.len()) % 4 // 3)
    features = learn(rows, WOE, MEAN).features

    new = pl.DataFrame({"city": [1, None, 2, 0, 999]})
    woe, rate = build_matrix(features, new, inputs=INPUTS).T.tolist()

    assert woe == pytest.approx([0, 0, 0, 0, 0], abs=1e-6)  # every city has the rate of all: 1/4
    assert rate == pytest.approx([0.25] * 5)
    late = rows.with_columns(defaulted=pl.col("city").is_null().cast(pl.Int64))
    woe, rate = build_matrix(learn(late, WOE, MEAN).features, new, inputs=INPUTS).T.tolist()
    assert woe[1] > 2  # a missing value is one of its own
    assert woe[2:] == pytest.approx([0, 0, 0], abs=1e-6)  # the rate of all rows
    assert rate == pytest.approx([5 / 320, 105 / 120, 0.25, 0.25, 0.25])


@pytest.mark.parametrize("strength", [1, 20, 1_000])
def test_a_greater_strength_draws_the_rates_nearer_to_that_of_all(strength):
    rows = draw_rows(1_000, seed=4)
    item = {**MEAN, "arguments": {"strength": strength}}

    spread = np.std(learn(rows, item).features[0].arguments["learned"])

    assert spread == pytest.approx({1: 0.21, 20: 0.03, 1_000: 0.001}[strength], rel=0.4)


def test_nothing_depends_on_the_order_of_the_rows():
    rows = draw_rows(800, seed=5)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)

    one, other = learn(rows, WOE, seed=2), learn(shuffled, WOE, seed=2)

    order = shuffled.with_row_index().sort("client_id")["index"].to_numpy()
    assert one.matrix.tobytes() == other.matrix[order].tobytes()
    np.testing.assert_allclose(
        one.features[0].arguments["learned"], other.features[0].arguments["learned"], rtol=1e-13
    )


def test_features_that_learn_are_part_of_others_and_forget_what_they_learned_before():
    rows = draw_rows(500, seed=6)
    twice = {"name": "twice", "function": "total", "columns": ["city_woe", "city_woe"]}

    once = learn(rows, WOE, twice)
    again = learn_features(
        learn(draw_rows(500, seed=7), WOE, twice).features, rows, inputs=INPUTS, seed=0
    )

    assert once.matrix[:, 1] == pytest.approx(2 * once.matrix[:, 0], rel=1e-6)
    assert again.features == once.features
    assert again.matrix.tobytes() == once.matrix.tobytes()


def test_features_that_do_not_learn_are_built_as_ever():
    rows = draw_rows(50, seed=1)
    features = parse_features([{"name": "noise", "function": "raw", "columns": ["noise"]}])

    learned = learn_features(features, rows, inputs={}, seed=0)

    assert not may_learn(features)
    assert learned.features == features
    assert learned.matrix.tobytes() == build_matrix(features, rows, inputs={}).tobytes()


@pytest.mark.parametrize("seed", range(3))
def test_a_category_of_noise_says_nothing_though_naively_it_would_say_much(seed):
    rows, new = draw_rows(4_000, seed=seed), draw_rows(4_000, seed=seed + 100, prefix="N")
    learned = learn(rows, WOE)
    naive = build_matrix(learned.features, rows, inputs=INPUTS)
    unseen = build_matrix(learned.features, new, inputs=INPUTS)

    areas = [
        roc_auc_score(frame["defaulted"], matrix[:, 0])
        for frame, matrix in ((rows, naive), (rows, learned.matrix), (new, unseen))
    ]

    assert areas[0] > 0.65
    assert areas[1:] == pytest.approx([0.5, 0.5], abs=0.035)


def test_the_sides_of_a_fold_are_learned_without_it():
    rows = draw_rows(1_000, seed=8)
    held_out = np.arange(1_000) % 4 == 0
    features = declare(WOE)

    fitted, judged = learn_sides(rows, held_out, features=features, inputs=INPUTS, seed=0)

    rest = rows.filter(pl.Series(~held_out))
    assert fitted.tobytes() == learn(rest, WOE).matrix.tobytes()
    flipped = rows.with_columns(
        defaulted=pl.when(pl.Series(held_out)).then(1 - pl.col("defaulted")).otherwise("defaulted")
    )
    again = learn_sides(flipped, held_out, features=features, inputs=INPUTS, seed=0)
    assert [again[0].tobytes(), again[1].tobytes()] == [fitted.tobytes(), judged.tobytes()]


def test_a_list_has_learned_only_when_each_feature_that_learns_has():
    known = {"values": [1.0], "learned": [0.1, 0.0, 0.0]}
    learned, fresh, plain = parse_features(
        [
            {"name": "a", "function": "woe", "columns": ["x"], "arguments": known},
            {"name": "b", "function": "woe", "columns": ["x"], "arguments": {"values": [1.0]}},
            {"name": "c", "function": "raw", "columns": ["x"]},
        ]
    )

    assert is_learned([learned, plain])
    assert is_learned([plain])
    assert not is_learned([learned, fresh])
    assert may_learn([plain, fresh])
    assert not may_learn([plain])
