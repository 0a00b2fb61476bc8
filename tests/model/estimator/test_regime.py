from collections import Counter

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp, norm

from credit_default.model.estimator.regime import (
    Regime,
    RegimePolicy,
    find_regime,
    select_regime,
)

MONTHS = ("2005-09", "2005-10", "2005-11", "2005-12")


def draw_month(month, *, seed, row_count=2_000, shift=0.0, level=0.0):
    """Return rows of one month whose input moved by `shift` SD and whose log odds by `level` more."""
    generator = np.random.default_rng(seed)
    burden = shift + generator.normal(size=row_count)
    probability = 1 / (1 + np.exp(1.5 - burden))
    risk = 1 / (1 + np.exp(1.5 - burden - level))
    return pl.DataFrame(
        {
            "client_id": [f"{month} {number}" for number in range(row_count)],
            "statement_month": [month] * row_count,
            "burden": burden,
            "defaulted": (generator.random(row_count) < risk).astype(np.int64),
            "probability": probability,
        }
    )


def draw_months(*changes, **shared):
    """Return four months; each change is what the months from its place on have."""
    return pl.concat(
        draw_month(month, seed=seed, **(shared | change))
        for seed, (month, change) in enumerate(zip(MONTHS, changes, strict=True))
    )


def find(rows, **policy):
    probability = rows["probability"].to_numpy()
    return find_regime(rows, probability, inputs=["burden"], policy=RegimePolicy(**policy))


def test_calm_months_are_one_regime():
    assert find(draw_months({}, {}, {}, {})) == Regime(MONTHS)


@pytest.mark.parametrize("change", [{"shift": 0.5}, {"shift": -0.5}, {"level": 0.6}])
def test_months_before_a_change_are_no_part_of_the_regime(change):
    regime = find(draw_months({}, {}, change, change))

    assert regime == Regime(MONTHS[2:], MONTHS[:2])
    assert regime.is_new


def test_a_month_beyond_one_that_differs_stays_out_although_it_is_like_the_newest():
    assert find(draw_months({}, {}, {"shift": 0.5}, {})).months == MONTHS[3:]


def test_a_change_too_small_to_matter_parts_no_months_however_many_rows_show_it():
    rows = draw_months({}, {}, {"shift": 0.1, "level": 0.1}, {"shift": 0.1, "level": 0.1})

    assert find(rows) == Regime(MONTHS)
    assert find(draw_months({}, {}, {"shift": 0.1}, {"shift": 0.1}, row_count=40_000)).months == (
        MONTHS
    )


def test_newest_months_join_until_there_are_rows_enough_even_where_they_differ():
    rows = draw_months({}, {}, {}, {"shift": 0.8}, row_count=300)

    assert find(rows, fewest_rows=300).months == MONTHS[3:]
    assert find(rows, fewest_rows=301).months[0] <= MONTHS[2]


def test_few_rows_in_all_are_one_regime():
    assert find(draw_month("2005-09", seed=1, row_count=40)) == Regime(("2005-09",))


def test_order_of_the_rows_changes_nothing():
    rows = draw_months({}, {}, {"shift": 0.5}, {"shift": 0.5})

    assert find(rows.sample(fraction=1.0, shuffle=True, seed=3)) == find(rows)


def test_missing_values_and_words_for_codes_are_compared_too():
    rows = draw_months({}, {}, {}, {}).with_columns(
        pl.when(pl.col("statement_month") >= "2005-12")
        .then(None)
        .otherwise("burden")
        .alias("burden")
    )

    assert find(rows).months == MONTHS[3:]


def test_calm_months_are_parted_by_chance_in_fewer_than_one_training_in_a_hundred():
    found = Counter()
    for trial in range(200):
        generator = np.random.default_rng(trial)
        rows = pl.concat(
            draw_month(
                month,
                seed=[trial, place],
                row_count=500 if trial % 2 else 3_000,
                level=0.05 * generator.normal(),
            )
            for place, month in enumerate(MONTHS)
        )
        found[find(rows).is_new] += 1

    assert found[True] <= 4  # 1 % of 200, and two standard errors


def test_rows_of_the_regime_are_kept_in_their_order():
    rows = draw_months({}, {}, {}, {}, row_count=600)

    kept = select_regime(rows.reverse(), Regime(MONTHS[2:], MONTHS[:2]))

    assert kept.equals(rows.reverse().filter(pl.col("statement_month") >= "2005-11"))


def test_rows_of_months_before_the_regime_join_where_it_has_too_few():
    rows = draw_months({}, {}, {}, {}, row_count=200)

    kept = select_regime(rows, Regime(MONTHS[3:], MONTHS[:3]), policy=RegimePolicy(fewest_rows=500))

    assert kept["statement_month"].unique().sort().to_list() == list(MONTHS[1:])


def take(rows, month, column="burden"):
    return rows.filter(statement_month=month)[column].to_numpy()


NEVER = {"least_input_distance": 2.0, "least_score_distance": 2.0, "least_level_move": 1e9}


@pytest.mark.parametrize("limit", ["least_input_distance", "least_score_distance"])
def test_a_month_differs_from_the_distance_on_and_below_its_share_of_the_significance(limit):
    rows = draw_months({}, {}, {}, {"shift": 0.2}, row_count=600).with_columns(
        pl.col("burden").round(1)
    )
    newest, older = MONTHS[3], MONTHS[2]
    column = "burden" if limit == "least_input_distance" else "probability"
    test = ks_2samp(take(rows, older, column), take(rows, newest, column), method="asymp")
    corrected = 3 * test.pvalue  # one input, the score and the level

    def is_parted(distance, significance):
        policy = {**NEVER, limit: distance, "significance": significance}
        return older not in find(rows, fewest_rows=500, **policy).months

    assert is_parted(test.statistic, corrected * 1.01)
    assert not is_parted(test.statistic + 1e-12, corrected * 1.01)
    assert not is_parted(test.statistic, corrected * 0.99)


def test_a_level_differs_by_its_move_over_the_expected_share_and_its_noise():
    rows = draw_months({}, {}, {}, {"level": 0.5}, row_count=900)
    sides = [rows.filter(statement_month=month) for month in (MONTHS[2], MONTHS[3])]
    residuals = [(side["defaulted"] - side["probability"]).mean() for side in sides]
    variance = sum(
        (side["probability"] * (1 - side["probability"])).mean() / side.height for side in sides
    )
    move = abs(residuals[0] - residuals[1])
    p_value = 2 * norm.sf(move / np.sqrt(variance))
    share = move / sides[1]["probability"].mean()

    def is_parted(least, significance):
        policy = {**NEVER, "least_level_move": least, "significance": significance}
        return MONTHS[2] not in find(rows, fewest_rows=500, **policy).months

    assert is_parted(share * 0.9999, 3 * p_value * 1.01)
    assert not is_parted(share * 1.0001, 3 * p_value * 1.01)
    assert not is_parted(share * 0.9999, 3 * p_value * 0.99)


def test_missing_values_rank_below_all_numbers():
    rows = draw_months({}, {}, {}, {}, row_count=600)
    lowest = rows.with_columns(
        burden=pl.when(pl.int_range(pl.len()) % 3 == 0).then(-99.0).otherwise("burden")
    )
    missing = lowest.with_columns(
        burden=pl.when(pl.col("burden") == -99.0).then(None).otherwise("burden")
    )

    for distance in (0.01, 0.03, 0.05):
        policy = {**NEVER, "least_input_distance": distance, "significance": 1.0}
        assert find(missing, **policy) == find(lowest, **policy)


@pytest.mark.parametrize(
    ("fewest", "count"), [(200, 1), (201, 2), (400, 2), (401, 3), (600, 3), (601, 4), (5_000, 4)]
)
def test_as_many_months_join_as_give_the_fewest_rows(fewest, count):
    rows = draw_months({}, {}, {}, {}, row_count=200)

    kept = select_regime(
        rows, Regime(MONTHS[3:], MONTHS[:3]), policy=RegimePolicy(fewest_rows=fewest)
    )

    assert kept["statement_month"].n_unique() == count
    every = {"significance": 9.0, "least_level_move": 0.0, "least_input_distance": 0.0}
    yardstick = find(rows, fewest_rows=fewest, **every, least_score_distance=0.0)
    assert len(yardstick.months) == count


def test_the_regime_covers_its_months_alone():
    regime = Regime(MONTHS[2:], MONTHS[:2])

    assert regime.covers(pl.Series(MONTHS)).tolist() == [False, False, True, True]
    assert not Regime(MONTHS).is_new
