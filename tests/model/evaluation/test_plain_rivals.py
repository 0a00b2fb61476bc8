import numpy as np
import polars as pl
import pytest

from credit_default.model.evaluation.plain_rivals import CertainRanges, score_plain_rivals
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


def test_boosting_and_trees_are_the_plain_ones_that_were_chosen():
    rivals = score(make_sides())

    np.testing.assert_allclose(
        rivals.boosting[:4], [0.178645, 0.348282, 0.272215, 0.475555], atol=1e-5
    )
    by_tree = rivals.inputs[0].default_probability[:4]
    np.testing.assert_allclose(by_tree, [5 / 22, 5 / 16, 6 / 13, 21 / 47], atol=1e-9)


def make_one_input(values, bad):
    return pl.DataFrame(
        {
            "client_id": [f"C{n:05d}" for n in range(len(bad))],
            "statement_month": "2005-09",
            "x": values,
            "defaulted": bad.astype(int),
        }
    )


def score_alone(rows):
    return score_plain_rivals(rows, rows, inputs=["x"], strong_from=STRONG).inputs[0]


@pytest.mark.parametrize(
    ("count", "share", "least"), [(6_000, 0.3, 30), (8_000, 0.0125, 12), (1_200, 0.3, 10)]
)
def test_a_range_holds_so_many_rows_at_least_and_there_are_32_at_most(count, share, least):
    generator = np.random.default_rng(5)
    bad = np.arange(count) < round(share * count)
    rows = make_one_input(generator.normal(size=count), bad)

    _, counts = np.unique(score_alone(rows).default_probability, return_counts=True)

    assert len(counts) <= 32
    assert least <= counts.min() < 1.5 * least


@pytest.mark.parametrize(
    ("band_count", "described"), [(3, "2, 4"), (5, " and 2 more")], ids=["three", "five"]
)
def test_at_most_three_certain_ranges_are_told_and_the_rest_counted(band_count, described):
    values = np.repeat(np.arange(2.0 * band_count), np.arange(60, 60 - 2 * band_count, -1))
    rows = make_one_input(values, values % 2 == 0)

    [_, of_defaulters] = score_alone(rows).certain

    assert of_defaulters.description.startswith("0, 2, 4")
    assert of_defaulters.description.endswith(described)


def test_no_more_than_three_strong_inputs_are_left_out_one_by_one():
    rivals = score(make_sides(one=copy, two=copy, three=copy, four=copy))

    assert len(rivals.without) == 4
    assert list(rivals.without) == [*(single.name for single in rivals.inputs[:3]), ""]


def test_of_one_row_with_the_outcome_the_ranges_hold_all_or_none():
    assert CertainRanges(1, "0", held_count=1, outcome_count=1, certain_share=1.0).held_share == 1.0
    assert CertainRanges(1, "0", held_count=0, outcome_count=0, certain_share=0.0).held_share == 0.0


def test_a_range_of_which_just_99_in_100_have_the_outcome_is_certain():
    rest = np.tile([1.0, 0.0, 0.0, 0.0], 100)
    bad = np.concatenate([np.ones(99), [0.0], rest]) == 1
    rows = make_one_input(np.repeat([0.0, 5.0], [100, 400]), bad)

    [ranges] = [found for found in score_alone(rows).certain if found.outcome == 1]

    assert (ranges.description, ranges.held_count, ranges.certain_share) == ("0", 99, 0.99)
