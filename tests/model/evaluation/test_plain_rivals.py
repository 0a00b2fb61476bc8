import numpy as np
import polars as pl
import pytest

from credit_default.model.evaluation.plain_rivals import score_plain_rivals
from credit_default.model.statistics.auc_placements import measure_placements

COUNT = 1_500
STRONG = 0.8


def make_sides(seed=1, **planted):
    """A portfolio of two honest inputs, and what is planted by the outcome; the last fifth is the test side."""
    generator = np.random.default_rng(seed)
    income, late = generator.normal(size=COUNT), generator.poisson(0.5, COUNT)
    odds = -1.6 - 0.8 * income + 0.9 * late
    bad = (generator.random(COUNT) < 1 / (1 + np.exp(-odds))).astype(int)
    columns = {"income": income, "late": late.astype(float)}
    columns |= {name: make(bad, generator) for name, make in planted.items()}
    rows = pl.DataFrame(
        {
            "client_id": [f"C{n:05d}" for n in range(COUNT)],
            "statement_month": "2005-09",
            **columns,
            "defaulted": bad,
        }
    ).with_columns(pl.col(*columns).fill_nan(None))
    return rows[:1_200], rows[1_200:], [*columns]


def score(sides, **options):
    development, test, inputs = sides
    return score_plain_rivals(development, test, inputs=inputs, strong_from=STRONG, **options)


def measure(rivals, probability):
    return measure_placements(rivals.defaulted, probability)[rivals.defaulted == 1].mean()


def recover(bad, generator):
    return np.where(bad == 1, generator.uniform(1, 900, len(bad)).round(), 0.0)


def hide(bad, generator):
    return np.where((bad == 1) & (generator.random(len(bad)) < 0.6), np.nan, 5.0)


def copy(bad, generator):
    return np.where(generator.random(len(bad)) < 0.1, 1.0 - bad, bad)


def test_inputs_alone_are_ordered_by_how_well_they_rank_and_boosting_uses_them_all():
    rivals = score(make_sides())

    assert {single.name for single in rivals.inputs} == {"income", "late"}
    assert rivals.inputs[0].roc_auc >= rivals.inputs[1].roc_auc
    assert rivals.inputs[0].roc_auc == measure(rivals, rivals.inputs[0].default_probability)
    assert measure(rivals, rivals.boosting) > rivals.inputs[0].roc_auc
    assert rivals.without == {}
    assert not any(single.certain for single in rivals.inputs)


def test_an_amount_known_afterwards_holds_every_default_in_its_range():
    rivals = score(make_sides(recovered=recover))

    [ranges] = [r for r in rivals.inputs[0].certain if r.outcome == 1]
    assert rivals.inputs[0].name == "recovered"
    assert (ranges.held_share, ranges.certain_share) == (1.0, 1.0)
    assert ranges.held_count == ranges.outcome_count == rivals.defaulted.sum()
    low, high = (float(part) for part in ranges.description.split(", ")[0].split(" to "))
    assert 1 <= low < high <= 900


def test_missingness_that_knows_the_outcome_is_a_range_of_its_own():
    rivals = score(make_sides(paid_on=hide))

    [single] = [single for single in rivals.inputs if single.certain]
    [ranges] = single.certain
    assert (single.name, ranges.description) == ("paid_on", "not stated")
    assert 0.4 < ranges.held_share < 0.8


def test_an_input_that_ranks_well_alone_is_left_out_to_see_what_the_others_know():
    rivals = score(make_sides(noisy=copy))

    assert rivals.inputs[0].name == "noisy"
    assert rivals.inputs[0].roc_auc > STRONG
    assert set(rivals.without) == {"noisy"}
    honest = score(make_sides())
    assert abs(measure(rivals, rivals.without["noisy"]) - measure(honest, honest.boosting)) < 0.05


def test_several_inputs_that_rank_well_are_left_out_one_by_one_and_together():
    rivals = score(make_sides(one=copy, two=copy))

    assert set(rivals.without) == {"one", "two", ""}
    assert measure(rivals, rivals.without["one"]) > measure(rivals, rivals.without[""]) + 0.1


def test_an_only_input_leaves_nothing_to_compare_with():
    development, test, _ = make_sides(noisy=copy)

    rivals = score_plain_rivals(development, test, inputs=["noisy"], strong_from=STRONG)

    assert rivals.without == {}


def test_neither_order_nor_the_test_sides_outcomes_change_a_score():
    development, test, inputs = make_sides()
    shuffled = development.sample(fraction=1.0, shuffle=True, seed=1)
    other = test.with_columns(defaulted=1 - test["defaulted"])

    straight, again = score((development, test, inputs)), score((shuffled, other, inputs))

    np.testing.assert_array_equal(straight.boosting, again.boosting)
    by_name = {single.name: single.default_probability for single in again.inputs}
    for single in straight.inputs:
        np.testing.assert_array_equal(single.default_probability, by_name[single.name])


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_certain_ranges_are_sought_of_an_outcome_that_is_not_the_usual_one(share):
    generator = np.random.default_rng(2)
    bad = (generator.random(COUNT) < share).astype(int)
    rows = pl.DataFrame(
        {
            "client_id": [f"C{n:05d}" for n in range(COUNT)],
            "statement_month": "2005-09",
            "known": bad.astype(float),
            "noise": generator.normal(size=COUNT),
            "defaulted": bad,
        }
    )

    rivals = score_plain_rivals(
        rows[:1_200], rows[1_200:], inputs=["known", "noise"], strong_from=STRONG
    )

    assert [ranges.outcome for ranges in rivals.inputs[0].certain] == [int(share < 0.5)]
