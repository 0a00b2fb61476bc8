import numpy as np
import pytest
from scipy.stats import multinomial, norm, ttest_1samp
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


@pytest.mark.parametrize(
    ("share", "colour"),
    [
        (0.5 - 1e-9, 0),
        (0.5 + 1e-6, 1),
        (0.8 - 1e-6, 1),
        (0.8 + 1e-6, 2),
        (0.95 - 1e-6, 2),
        (0.95 + 1e-6, 3),
    ],
)
def test_a_month_s_colour_changes_at_five_eight_and_nine_and_a_half_tenths(share, colour):
    counts = colour_months(norm.ppf(np.array([share])))

    assert counts.tolist() == [float(place == colour) for place in range(4)]


def test_a_month_on_an_edge_has_the_better_colour():
    edges = norm.ppf([0.5, 0.8, 0.95])

    assert colour_months(edges).tolist() == [1.0, 1.0, 1.0, 0.0]
    assert colour_months(edges + 1e-9).tolist() == [0.0, 1.0, 1.0, 1.0]
    assert colour_months(np.array([1e-12, 1.1e-12])).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_the_chance_of_a_profile_is_that_of_all_profiles_no_better():
    shares = [0.5, 0.3, 0.15, 0.05]
    profiles = [
        (g, y, o, 3 - g - y - o) for g in range(4) for y in range(4 - g) for o in range(4 - g - y)
    ]
    for place, profile in enumerate(profiles):
        expected = sum(multinomial.pmf(one, 3, shares) for one in profiles[: place + 1])
        assert measure_lights_p_value(profile) == pytest.approx(expected)


def test_the_newest_36_months_have_colours():
    months = np.repeat([f"{2020 + n // 12}-{n % 12 + 1:02d}" for n in range(38)], 60)
    scores = np.full(len(months), 0.5)
    outcomes = np.tile([1.0, 0.0], len(months) // 2)
    outcomes[:120] = 1.0  # two old months that are red
    sample = change(
        draw_sample(1, row_count=len(months)),
        default_probability=scores,
        defaulted=outcomes,
        month=months,
        client_id=None,
    )

    found = run_one(TESTS, "traffic_lights", sample)

    assert found.figures == {"green": 36.0, "yellow": 0.0, "orange": 0.0, "red": 0.0}
    assert found.statistic == 36_000.0


@pytest.mark.parametrize(("month_count", "is_judged"), [(4, True), (3, False)])
def test_four_months_are_judged(month_count, is_judged):
    sample = draw_sample(3, row_count=1_200, month_count=month_count)

    lights = [run_one(TESTS, name, sample).light for name in ("normal_months", "over_time")]

    assert [found != "not judged" for found in lights] == [is_judged] * 2


def test_twenty_rows_of_a_month_are_judged_and_certain_ones_are_not():
    sample = draw_sample(4, row_count=300)
    months = np.array(["2026-01"] * 261 + ["2026-02"] * 20 + ["2026-03"] * 19)
    by_month = change(sample, month=months)
    certain = change(
        by_month,
        default_probability=np.where(months == "2026-02", 1.0, sample.default_probability),
    )

    assert [f.subject for f in run(TESTS, "each_month", by_month)] == ["2026-01", "2026-02"]
    assert [f.subject for f in run(TESTS, "each_month", certain)] == ["2026-01"]


def test_months_that_never_differ_have_no_error():
    assert measure_normal_statistic(np.full(5, 0.2), np.full(5, 0.1)) == 0.0


def test_the_chance_of_a_profile_of_green_months_alone_is_one_and_never_more():
    chances = [measure_lights_p_value((months, 0, 0, 0)) for months in range(1, 37)]

    assert chances == pytest.approx([1.0] * 36)
    assert max(chances) <= 1.0
