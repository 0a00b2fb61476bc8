import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.power import measure_power


def make_gain(measure, error):
    return Gain(measure, 0.78, 0.78, 0.0, -error, error, standard_error=error)


def measure(error, *, row_count=6_000, **policy):
    return measure_power(
        make_gain("roc_auc", error),
        make_gain("log_loss", error / 2),
        row_count=row_count,
        policy=PromotionPolicy(**policy),
    )


def test_a_difference_is_found_four_times_in_five_when_it_is_3_4_standard_errors_wide():
    found = measure(0.001, confidence=0.99)

    assert found.figures["detectable_roc_auc"] == pytest.approx((2.5758 + 0.8416) * 0.001, rel=1e-4)
    assert found.figures["detectable_log_loss"] == pytest.approx(
        (2.5758 + 0.8416) * 0.0005, rel=1e-4
    )


def test_line_says_what_the_rows_show_and_what_the_margin_needs():
    found = measure(0.001, confidence=0.99)

    assert found.fault == ""
    assert found.summary == (
        "power: 6,000 rows show 0.0034 in ROC AUC or 0.0017 in log loss with a chance of 80%; "
        "a difference of 0.002 in AUC needs about 18,000 paired rows"
    )


def test_twice_the_difference_needs_a_quarter_of_the_rows():
    one, two = (
        measure(0.001, roc_auc_margin=margin).figures["rows_for_roc_auc_margin"]
        for margin in (0.002, 0.004)
    )

    assert one / two == pytest.approx(4.0)


def test_the_same_model_twice_is_reported_as_such():
    assert (
        measure(0.0).summary
        == "power: both models rank every client alike, so more rows would not separate them"
    )


def test_a_difference_of_that_size_is_found_about_as_often_as_promised():
    error, policy = 0.001, PromotionPolicy()
    reach = measure(error).figures["detectable_roc_auc"]
    drawn = np.random.default_rng(1).normal(reach, error, 20_000)

    found = np.mean(drawn > (reach - 0.8416 * error))

    assert found == pytest.approx(policy.power, abs=0.01)


def test_figures_by_hand_at_a_given_confidence_and_at_that_of_the_policy():
    policy = PromotionPolicy(confidence=0.99, power=0.8, roc_auc_margin=0.002)

    given, default = (
        measure_power(
            make_gain("roc_auc", 0.001),
            make_gain("log_loss", 0.0002),
            row_count=5_000,
            policy=policy,
            **more,
        )
        for more in ({"confidence": 0.95}, {})
    )

    deviations = norm.ppf(0.975) + norm.ppf(0.8)
    assert given.figures == pytest.approx(
        {
            "detectable_roc_auc": deviations * 0.001,
            "detectable_log_loss": deviations * 0.0002,
            "rows_for_roc_auc_margin": 5_000 * (deviations * 0.001 / 0.002) ** 2,
        }
    )
    wider = norm.ppf(0.995) + norm.ppf(0.8)
    assert default.figures["detectable_roc_auc"] == pytest.approx(wider * 0.001)
    assert "needs about 9,800 paired rows" in given.summary
