"""Lines, recalibrations and losses of fixed scores, as they stood when each was checked."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.model.estimator.calibration_line import (
    bin_by_quantile,
    fit_calibration,
    measure_log_odds,
    solve_one_step,
)
from credit_default.model.estimator.expected_loss import (
    LossPolicy,
    measure_expected_loss,
    measure_exposure,
)
from credit_default.model.estimator.held_out_scores import OutOfFold
from credit_default.model.estimator.recalibration import (
    CalibrationPolicy,
    calibrate_folds,
    choose_calibration,
)


@cache
def draw_scores(*, slope, count=2_000):
    generator = np.random.default_rng(81)
    odds = generator.normal(-1.0, 1.1, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return defaulted, 1 / (1 + np.exp(-(odds * slope + 0.2)))


def draw_lines():
    defaulted, probability = draw_scores(slope=1.6)
    weights = np.random.default_rng(82).integers(0, 3, (3, len(defaulted))).astype(float)
    line = fit_calibration(defaulted, probability)
    return {
        "line": line,
        "steps": solve_one_step(line, defaulted, probability, weights=weights),
        "odds": measure_log_odds(np.array([0.0, 1e-7, 1e-6, 0.25, 0.5, 1 - 1e-7, 1.0])),
        "bins": bin_by_quantile(np.round(probability, 1), bin_count=4),
    }


def choose(*, slope, count=2_000):
    defaulted, probability = (side[:count] for side in draw_scores(slope=slope))
    return choose_calibration(defaulted, probability, policy=CalibrationPolicy(), seed=6)


def calibrate():
    defaulted, probability = draw_scores(slope=1.6)
    fold = np.arange(len(defaulted)) % 4
    served = np.arange(len(defaulted)) % 5 > 0
    folds = OutOfFold(probability, fold)
    policy = CalibrationPolicy(fewest_defaults=50)
    found = calibrate_folds(folds, defaulted, served=served, policy=policy, seed=6)
    return found.default_probability


def lose():
    rows = pl.DataFrame(
        {"bill_amount_m1": [-50.0, 0.0, 400.0, 1_500.0], "credit_limit": [1_000.0] * 4}
    )
    probability = np.array([0.5, 0.25, 0.1, 0.8])
    policies = (
        LossPolicy(),
        LossPolicy(conversion_factor=0.1, loss_given_default=0.8, cure_share=0.25),
        LossPolicy(limit_column=""),
    )
    return [
        (measure_exposure(rows, policy), measure_expected_loss(rows, probability, policy=policy))
        for policy in policies
    ]


CASES = {
    "lines": draw_lines,
    "calibrated": lambda: choose(slope=1.0),
    "too extreme": lambda: choose(slope=1.6),
    "too close": lambda: choose(slope=0.6),
    "few": lambda: choose(slope=1.6, count=100),
    "folds": calibrate,
    "losses": lose,
}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_a_line_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


PINNED = {
    "lines": """
line.slope=0.590598354 line.intercept=-0.135064615 steps.slope.0=0.610071248
steps.slope.1=0.642254681 steps.slope.2=0.602506085 steps.intercept.0=-0.14926654
steps.intercept.1=-0.11564023 steps.intercept.2=-0.0776395451 odds.0=-13.8155096
odds.1=-13.8155096 odds.2=-13.8155096 odds.3=-1.09861229 odds.4=0 odds.5=13.8155096
odds.6=13.8155096 bins.sum=3393 bins.moment=3363750
""",
    "calibrated": """
line=none slope=0.944957366 intercept=-0.205936417 p_value=0.00220820671 gain=0.00135738038
gain_error=0.00193186098
""",
    "too extreme": """
line.slope=0.590598354 line.intercept=-0.135064615 slope=0.590598354 intercept=-0.135064615
p_value=2.74771768e-26 gain=0.027727814 gain_error=0.00608262287
""",
    "too close": """
line.slope=1.57492894 line.intercept=-0.331930733 slope=1.57492894 intercept=-0.331930733
p_value=4.39036728e-29 gain=0.0309473705 gain_error=0.00539733405
""",
    "few": """
line=none slope=1 intercept=0 p_value=1 gain=0 gain_error=0
""",
    "folds": """
sum=615.994514 moment=611470.806
""",
    "losses": """
0.0.0=420 0.0.1=400 0.0.2=640 0.0.3=1500 0.1.0=31.5 0.1.1=15 0.1.2=9.6 0.1.3=180 1.0.0=105
1.0.1=100 1.0.2=460 1.0.3=1500 1.1.0=31.5 1.1.1=15 1.1.2=27.6 1.1.3=720 2.0.0=0 2.0.1=0
2.0.2=400 2.0.3=1500 2.1.0=0 2.1.1=0 2.1.2=6 2.1.3=180
""",
}
