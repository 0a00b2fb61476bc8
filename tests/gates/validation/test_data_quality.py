import numpy as np
import pytest
from scipy.stats import betabinom, mannwhitneyu
from statsmodels.stats.proportion import proportions_ztest
from tests.fakes.scored_samples import change, draw_sample, run, run_one

from credit_default.gates.validation.data_quality import TESTS


def lights(findings):
    return {found.subject: found.light for found in findings}


def test_variable_that_is_missing_more_often_is_named():
    sample, development = draw_sample(1), draw_sample(2)
    noise = sample.variables["noise"].copy()
    noise[:60] = np.nan

    findings = run(
        TESTS,
        "missing_values",
        change(sample, variables={**sample.variables, "noise": noise}),
        development,
    )

    assert lights(findings) == {"informative": "green", "noise": "red", "code": "green"}


def test_values_outside_the_range_of_development_are_named():
    sample, development = draw_sample(3), draw_sample(4)
    code = sample.variables["code"].copy()
    code[:20] = 9

    findings = run(
        TESTS,
        "ranges",
        change(sample, variables={**sample.variables, "code": code}),
        development,
    )

    assert lights(findings) == {"informative": "green", "noise": "green", "code": "red"}


def test_a_client_twice_in_a_month_is_a_repeated_row():
    sample = draw_sample(5, month_count=2)
    clients = sample.client_id.copy()
    clients[2] = clients[0]

    assert run_one(TESTS, "duplicates", sample).light == "green"
    one = run_one(TESTS, "duplicates", change(sample, client_id=clients))
    assert (one.light, one.statistic) == ("amber", 1 / 2_000)
    clients[4:10:2] = clients[0]
    assert run_one(TESTS, "duplicates", change(sample, client_id=clients)).light == "red"
    # In another month it is the same client's next row.
    clients[:] = np.arange(2_000) // 2
    assert run_one(TESTS, "duplicates", change(sample, client_id=clients)).light == "green"


@pytest.mark.parametrize(
    ("known", "light"), [(1_000, "green"), (950, "green"), (930, "amber"), (890, "red")]
)
def test_month_whose_outcomes_have_not_come_is_named(known, light):
    sample = draw_sample(6, month_count=2)
    outcomes = sample.defaulted.copy()
    outcomes[np.flatnonzero(sample.month == "2026-02")[known:]] = np.nan

    findings = run(TESTS, "outcome_completeness", change(sample, defaulted=outcomes))

    assert lights(findings) == {"2026-01": "green", "2026-02": light}


def test_defaulters_outcomes_that_come_first_are_not_missing_at_random():
    sample = draw_sample(7)
    generator = np.random.default_rng(8)
    at_random, defaulters_first = sample.defaulted.copy(), sample.defaulted.copy()
    at_random[generator.random(2_000) < 0.4] = np.nan
    defaulters_first[(sample.defaulted == 0) & (generator.random(2_000) < 0.5)] = np.nan

    first = run_one(TESTS, "outcomes_missing_at_random", change(sample, defaulted=at_random))
    second = run_one(
        TESTS, "outcomes_missing_at_random", change(sample, defaulted=defaulters_first)
    )

    assert (first.light, second.light) == ("green", "red")


def test_share_of_the_most_frequent_score_is_told():
    scores = np.r_[np.full(500, 0.2), np.linspace(0.3, 0.4, 1_500)]

    found = run_one(TESTS, "equal_scores", change(draw_sample(9), default_probability=scores))

    assert (found.light, found.statistic) == ("for information", 0.25)


def judge_variables(name, now, before):
    """The findings of variables given as columns, on rows that are enough."""
    sides = [
        change(
            draw_sample(seed, row_count=len(next(iter(columns.values())))),
            variables={key: np.asarray(values, dtype=float) for key, values in columns.items()},
        )
        for seed, columns in ((1, now), (2, before))
    ]
    return run(TESTS, name, *sides)


def test_missing_shares_are_compared_as_two_proportions():
    now = {"x": [np.nan] * 30 + [1.0] * 270, "y": [1.0] * 300, "only here": [1.0] * 300}
    before = {"x": [np.nan] * 20 + [1.0] * 480, "y": [1.0] * 500}

    first, second = judge_variables("missing_values", now, before)

    z, p_value = proportions_ztest([30, 20], [300, 500])
    assert (first.statistic, first.p_value) == pytest.approx((z, p_value))
    assert first.figures["missing_share"] == 0.1
    assert first.figures["development_missing_share"] == 0.04
    assert (second.statistic, second.p_value) == (0.0, 1.0)


def test_values_at_the_ends_of_the_range_lie_inside():
    now = {"x": [0.0, 10.0] * 100 + [-0.1, 10.1, np.nan], "empty": [np.nan] * 203}
    before = {"x": [0.0, 10.0] * 150 + [np.nan], "empty": [1.0] * 301}

    (found,) = judge_variables("ranges", now, before)

    assert found.statistic == 2 / 202
    assert found.p_value == pytest.approx(betabinom.sf(1, 202, 2, 299))


def test_a_development_of_one_value_has_a_range_all_the_same():
    (found,) = judge_variables("ranges", {"x": [1.0] * 200}, {"x": [1.0] + [np.nan] * 299})

    assert found.p_value == 1.0


@pytest.mark.parametrize(
    ("repeated", "light"), [(0, "green"), (1, "amber"), (2, "amber"), (3, "red")]
)
def test_repeated_rows_are_counted_by_client_and_month(repeated, light):
    sample = draw_sample(5)
    clients = sample.client_id.copy()
    clients[: repeated + 1] = 0

    found = run_one(TESTS, "duplicates", change(sample, client_id=clients))

    assert (found.statistic, found.light) == (repeated / 2_000, light)
    timeless = run_one(TESTS, "duplicates", change(sample, client_id=clients, month=None))
    assert timeless.statistic == repeated / 2_000


def test_without_months_the_whole_sample_is_complete_or_not():
    sample = change(draw_sample(6), month=None)
    outcomes = sample.defaulted.copy()
    outcomes[:150] = np.nan

    found = run_one(TESTS, "outcome_completeness", change(sample, defaulted=outcomes))

    assert (found.subject, found.statistic, found.light) == ("whole sample", 0.925, "amber")
    unknown = run_one(TESTS, "outcome_completeness", change(sample, defaulted=None))
    assert unknown.light == "not judged"


@pytest.mark.parametrize(("lacking", "light"), [(20, True), (19, False)])
def test_twenty_rows_on_either_side_are_compared_by_their_ranks(lacking, light):
    sample = draw_sample(7)
    outcomes = sample.defaulted.copy()
    outcomes[:lacking] = np.nan
    few = sample.defaulted.copy()
    few[lacking:] = np.nan

    found = run_one(TESTS, "outcomes_missing_at_random", change(sample, defaulted=outcomes))
    other = run_one(TESTS, "outcomes_missing_at_random", change(sample, defaulted=few))

    assert (found.light != "not judged") == (other.light != "not judged") == light
    if light:
        scores = sample.default_probability
        test = mannwhitneyu(scores[lacking:], scores[:lacking], method="asymptotic")
        assert found.p_value == pytest.approx(test.pvalue)
        assert found.statistic == pytest.approx(test.statistic / (lacking * (2_000 - lacking)))


def test_a_development_of_two_values_leaves_a_third_of_the_rows_outside_on_average():
    now = {"x": [0.0, 1.0, 2.0] * 100}

    (found,) = judge_variables("ranges", now, {"x": [0.0, 1.0] + [np.nan] * 298})

    assert found.p_value == pytest.approx(betabinom.sf(99, 300, 2, 1))
