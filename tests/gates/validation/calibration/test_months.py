import numpy as np
import pytest
from scipy.stats import multinomial, ttest_1samp
from tests.fakes.scored_samples import change, draw_sample, run, run_one

from credit_default.gates.validation.calibration.months import (
    TESTS,
    colour_months,
    measure_lights_p_value,
    measure_normal_statistic,
)

RATES = np.array([0.031, 0.028, 0.04, 0.035, 0.029, 0.045])


def test_normal_statistic_is_that_of_another_implementation():
    # riskvalidation 1.0.1, pd_normal_multiperiod.
    assert measure_normal_statistic(RATES, np.full(6, 0.03)) == pytest.approx(
        1.7027648939368205, abs=1e-9
    )


def test_normal_test_over_months_has_students_distribution():
    sample = draw_sample(1, row_count=3_000, month_count=6)
    excess = [
        (sample.defaulted - sample.default_probability)[sample.month == month].mean()
        for month in np.unique(sample.month)
    ]

    found = run_one(TESTS, "normal_months", sample)

    assert found.p_value == pytest.approx(ttest_1samp(excess, 0, alternative="greater").pvalue)
    assert run_one(TESTS, "normal_months_official", sample).light == "for information"


def test_colours_and_their_chance_are_those_of_another_implementation():
    excess = (RATES - 0.03) * 1_000 / np.sqrt(1_000 * 0.03 * 0.97)

    counts = colour_months(excess)

    # riskvalidation 1.0.1, pd_traffic_lights: V = 2112, p = 0.121.
    assert counts.tolist() == [2, 1, 1, 2]
    assert measure_lights_p_value(counts) == pytest.approx(0.12099999999999997, abs=1e-9)


def test_worst_profile_has_the_chance_of_red_months_alone():
    chance = multinomial.pmf([0, 0, 0, 4], 4, [0.5, 0.3, 0.15, 0.05])

    assert measure_lights_p_value([0, 0, 0, 4]) == pytest.approx(chance)
    assert measure_lights_p_value([4, 0, 0, 0]) == pytest.approx(1.0)


def test_month_with_another_level_is_named():
    sample = draw_sample(2, row_count=6_000, month_count=6)
    fourth = sample.month == "2026-04"
    scores = np.where(fourth, 0.7 * sample.default_probability, sample.default_probability)

    wrong = change(sample, default_probability=scores)

    findings = run(TESTS, "each_month", wrong)
    assert [f.subject for f in findings if f.light != "green"] == ["2026-04"]
    assert run_one(TESTS, "over_time", wrong).light == "red"
    assert run_one(TESTS, "over_time", sample).light == "green"


def test_months_that_are_all_too_high_turn_the_lights_red():
    sample = draw_sample(3, row_count=9_000, month_count=9)

    found = run_one(
        TESTS,
        "traffic_lights",
        change(sample, default_probability=0.8 * sample.default_probability),
    )

    assert found.light == "red"


def test_three_months_are_too_few_for_a_test_over_time():
    sample = draw_sample(4, month_count=3)

    for name in ("normal_months", "normal_months_official", "traffic_lights", "over_time"):
        found = run_one(TESTS, name, sample)
        assert (found.light, found.reason) == (
            "not judged",
            "fewer than 4 months have outcomes",
        )
