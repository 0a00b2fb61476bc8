import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from credit_default.gates.validation.judgement import (
    Measured,
    adjust_by_holm,
    judge_family,
    judge_limit,
    judge_p_value,
    judge_wanted_rejection,
    light_up,
    measure_both_tails,
    measure_upper_tail,
)
from credit_default.gates.validation.policy import ValidationPolicy


@pytest.mark.parametrize(
    ("p_value", "light"),
    [(0.05, "green"), (0.0499, "amber"), (0.01, "amber"), (0.0099, "red"), (0.0, "red")],
)
def test_light_follows_the_levels(p_value, light):
    assert light_up(p_value, ValidationPolicy()) == light


@pytest.fixture(scope="module")
def quick_collector():
    """Keep the garbage collector, which statsmodels calls each time, from walking all that this process holds: minutes."""
    gc.collect()
    gc.freeze()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_are_those_of_another_implementation(quick_collector, p_values):
    expected = multipletests(p_values, method="holm")[1]

    assert adjust_by_holm(p_values) == pytest.approx(expected.tolist(), abs=1e-12)


def test_family_is_judged_by_what_is_adjusted_and_tells_both():
    family = [Measured(1.0, p_value, "found", str(p_value)) for p_value in (0.004, 0.02, 0.6)]

    findings = judge_family(family, ValidationPolicy())

    assert [(f.subject, f.p_value, f.light) for f in findings] == [
        ("0.004", 0.004, "amber"),
        ("0.02", 0.02, "amber"),
        ("0.6", 0.6, "green"),
    ]
    assert findings[0].figures["adjusted_p_value"] == pytest.approx(0.012)
    assert findings[0].reason == "found; p = 0.004, corrected for 3 p = 0.012"


def test_very_small_p_values_are_a_bound_also_where_they_are_adjusted():
    family = [Measured(1.0, p_value, "found", str(p_value)) for p_value in (1e-9, 0.6)]

    assert judge_family(family, ValidationPolicy())[0].reason == (
        "found; p < 0.001, corrected for 2 p < 0.001"
    )


def test_change_below_the_least_psi_is_green_and_its_reason_says_so():
    small, large = (Measured(psi, 1e-9, "moved", psi=psi) for psi in (0.0099, 0.01))

    assert judge_p_value(small, ValidationPolicy()).light == "green"
    assert judge_p_value(large, ValidationPolicy()).light == "red"
    assert [finding.light for finding in judge_family([small, large], ValidationPolicy())] == [
        "green",
        "red",
    ]
    assert judge_p_value(small, ValidationPolicy()).reason == (
        "moved; p < 0.001; a PSI below 0.01 is too small to matter"
    )


def test_limit_works_from_either_side():
    def judge(value, amber, red):
        return judge_limit(value, amber=amber, red=red, words="").light

    assert [judge(v, 0.1, 0.2) for v in (0.1, 0.15, 0.2, 0.21)] == [
        "green",
        "amber",
        "amber",
        "red",
    ]
    assert [judge(v, 0.7, 0.4) for v in (0.7, 0.6, 0.4, 0.3)] == ["green", "amber", "amber", "red"]


@pytest.mark.parametrize(
    ("p_value", "light"),
    [(0.0099, "green"), (0.01, "amber"), (0.0499, "amber"), (0.05, "red"), (0.9, "red")],
)
def test_a_rejection_that_is_wanted_is_green(p_value, light):
    assert (
        judge_wanted_rejection(Measured(1.0, p_value, "found"), ValidationPolicy()).light == light
    )


def test_p_values_are_told_as_a_bound_below_what_three_digits_show():
    told = [
        judge_p_value(Measured(1.0, p_value, "found"), ValidationPolicy()).reason
        for p_value in (0.000499, 0.0005, 0.0314)
    ]

    assert told == ["found; p < 0.001", "found; p = 0.001", "found; p = 0.031"]


def test_one_subject_is_not_corrected_and_none_is_not_judged():
    (alone,) = judge_family([Measured(1.0, 0.02, "found", "a")], ValidationPolicy())
    (nothing,) = judge_family([], ValidationPolicy())

    assert (alone.reason, alone.figures["adjusted_p_value"]) == ("found; p = 0.020", 0.02)
    assert (nothing.light, nothing.reason) == ("not judged", "no part has 20 rows")


def test_tails_are_those_of_the_normal_distribution():
    assert measure_upper_tail(1.5) == pytest.approx(norm.sf(1.5))
    assert measure_both_tails(-1.5) == pytest.approx(2 * norm.sf(1.5))
    assert measure_both_tails(1.5) == measure_both_tails(-1.5)


def test_equal_limits_work_upwards():
    def judge(value):
        return judge_limit(value, amber=0.2, red=0.2, words="").light

    assert [judge(value) for value in (0.1, 0.2, 0.3)] == ["green", "green", "red"]
