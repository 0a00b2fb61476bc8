import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from credit_default.gates.validation.judgement import (
    Measured,
    adjust_by_holm,
    judge_family,
    judge_limit,
    judge_p_value,
    light_up,
)
from credit_default.gates.validation.policy import ValidationPolicy


@pytest.mark.parametrize(
    ("p_value", "light"),
    [(0.05, "green"), (0.0499, "amber"), (0.01, "amber"), (0.0099, "red"), (0.0, "red")],
)
def test_light_follows_the_levels(p_value, light):
    assert light_up(p_value, ValidationPolicy()) == light


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_are_those_of_another_implementation(p_values):
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
