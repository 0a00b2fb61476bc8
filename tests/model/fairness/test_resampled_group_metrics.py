import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from credit_default.model.fairness.resampled_group_metrics import (
    build_group_rows,
    compare_group,
    measure_group,
)

DEFAULTED = np.array([1, 1, 0, 0, 0, 1, 0])
PROBABILITY = np.array([0.9, 0.1, 0.5, 0.1, 0.2, 0.4, 0.3])
FIRST_FIVE = np.arange(5)


def prepare(rows, *, fit_slope=False):
    return build_group_rows(
        rows, defaulted=DEFAULTED, probability=PROBABILITY, threshold=1 / 6, fit_slope=fit_slope
    )


def test_figures_are_those_of_the_group_alone():
    found = measure_group(np.ones((1, 7)), prepare(FIRST_FIVE))

    assert {
        name: float(values[0]) for name, values in found.items() if name != "calibration_slope"
    } == pytest.approx(
        {
            "accept_share": 2 / 5,
            "caught_share": 1 / 2,
            "false_alarm_share": 2 / 3,
            "calibration_gap": (2 - 1.8) / 5,
            "roc_auc": roc_auc_score(DEFAULTED[:5], PROBABILITY[:5]),
        }
    )
    assert np.isnan(found["calibration_slope"][0])


def test_a_weight_counts_a_row_as_often_as_it_was_drawn():
    twice = np.array([[2.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]])

    found = measure_group(twice, prepare(FIRST_FIVE))

    assert (found["accept_share"][0], found["caught_share"][0]) == pytest.approx((1 / 5, 1.0))


def test_a_slope_is_fitted_where_it_is_asked_for():
    generator = np.random.default_rng(1)
    probability = generator.beta(1, 4, 5_000)
    defaulted = (generator.random(5_000) < probability).astype(np.int64)
    group = build_group_rows(
        np.arange(5_000),
        defaulted=defaulted,
        probability=probability,
        threshold=0.2,
        fit_slope=True,
    )

    assert measure_group(np.ones((1, 5_000)), group)["calibration_slope"][0] == pytest.approx(
        1.0, abs=0.08
    )


def test_a_resample_without_defaulters_of_the_group_has_no_share_of_them():
    found = measure_group(np.array([[0.0, 0.0, 1.0, 1.0, 1.0, 3.0, 1.0]]), prepare(FIRST_FIVE))

    assert np.isnan(found["caught_share"][0])
    assert found["accept_share"][0] == pytest.approx(1 / 3)


def test_groups_are_related_by_ratio_and_difference():
    one = {
        "accept_share": np.array([0.4]),
        "caught_share": np.array([0.7]),
        "false_alarm_share": np.array([0.3]),
    }
    other = {
        "accept_share": np.array([0.5]),
        "caught_share": np.array([0.6]),
        "false_alarm_share": np.array([0.2]),
    }

    found = compare_group(one, other)

    assert {name: float(values[0]) for name, values in found.items()} == pytest.approx(
        {"acceptance_ratio": 0.8, "caught_gap": 0.1, "false_alarm_gap": 0.1}
    )
