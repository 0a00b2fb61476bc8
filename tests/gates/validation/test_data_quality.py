import numpy as np
import pytest
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
