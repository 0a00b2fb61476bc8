"""When a calibration line is fitted and kept, at each bound of its policy, by figures of a plain second computation."""

from dataclasses import replace

import numpy as np
import pytest

from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import Calibration, fit_calibration
from credit_default.model.estimator.held_out_scores import OutOfFold
from credit_default.model.estimator.recalibration import (
    CalibrationPolicy,
    calibrate_folds,
    choose_calibration,
    choose_calibration_policy,
)

POLICY = CalibrationPolicy(fewest_defaults=10, few_rows=0)  # judged as many rows are


def draw(count=600, *, slope=0.5, seed=3):
    """Outcomes of a score that is too extreme by the factor of its slope."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1, 1.5, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-slope * odds))).astype(np.int64)
    return defaulted, 1 / (1 + np.exp(-odds))


def measure_log_loss(defaulted, probability):
    return -np.where(defaulted == 1, np.log(probability), np.log(1 - probability))


def choose(policy=POLICY, *, seed=1, **drawn):
    defaulted, probability = draw(**drawn)
    return choose_calibration(defaulted, probability, policy=policy, seed=seed)


def cross_fit_plainly(defaulted, probability, *, seed):
    first = np.random.default_rng(seed).permutation(len(defaulted)) < len(defaulted) // 2
    gains = np.zeros(len(defaulted))
    for half in (first, ~first):
        line = fit_calibration(defaulted[~half], probability[~half])
        after = calibrate_probability(probability[half], line)
        before = measure_log_loss(defaulted[half], probability[half])
        gains[half] = before - measure_log_loss(defaulted[half], after)
    return gains


@pytest.mark.parametrize("count", [600, 601])
def test_figures_are_those_of_the_likelihood_ratio_and_of_two_halves(count):
    defaulted, probability = draw(count)

    found = choose(count=count)

    line = fit_calibration(defaulted, probability)
    saved = measure_log_loss(defaulted, probability) - measure_log_loss(
        defaulted, calibrate_probability(probability, line)
    )
    gains = cross_fit_plainly(defaulted, probability, seed=1)
    assert found.line == line
    assert (found.slope, found.intercept) == (line.slope, line.intercept)
    assert found.p_value == pytest.approx(np.exp(-saved.sum()))
    assert found.gain == pytest.approx(gains.mean())
    assert found.gain_error == pytest.approx(gains.std() / np.sqrt(count))
    assert found.reason.startswith(f"recalibrated (slope {line.slope:.3f}, intercept ")


def test_the_rarer_outcome_is_counted_whichever_it_is():
    defaulted, probability = draw()
    count = int(min(defaulted.sum(), (1 - defaulted).sum()))

    for outcome, score in ((defaulted, probability), (1 - defaulted, 1 - probability)):
        enough, few = (
            choose_calibration(
                outcome, score, policy=replace(POLICY, fewest_defaults=fewest), seed=1
            )
            for fewest in (count, count + 1)
        )
        assert enough.line is not None
        assert few.line is None
        assert few.reason == (
            f"not recalibrated: {count} rows of the rarer outcome, fewer than {count + 1}"
        )
        assert (few.slope, few.intercept, few.p_value) == (1.0, 0.0, 1.0)


def test_a_p_value_at_the_level_is_no_departure():
    found = choose()

    at_level, above = (
        choose(replace(POLICY, significance=level))
        for level in (found.p_value, np.nextafter(found.p_value, 1))
    )

    assert at_level.line is None
    assert at_level.reason.startswith("no recalibration needed (slope")
    assert (at_level.gain, at_level.p_value) == (0.0, found.p_value)
    assert above.line == found.line


def test_a_gain_counts_from_its_least_on_and_beyond_its_errors():
    found = choose()
    ratio = found.gain / found.gain_error

    for change, is_kept in (
        ({"least_gain": found.gain}, True),
        ({"least_gain": np.nextafter(found.gain, 1)}, False),
        ({"gain_deviations": ratio * (1 - 1e-9)}, True),
        ({"gain_deviations": ratio * (1 + 1e-9)}, False),
    ):
        judged = choose(replace(POLICY, **change))
        assert (judged.line is not None) is is_kept
        assert judged.reason.endswith(", too little") is not is_kept
        assert judged.gain == found.gain


def test_a_new_regime_asks_for_a_gain_alone_and_others_for_two_errors():
    new, old = (choose_calibration_policy(regime_is_new=is_new) for is_new in (True, False))

    assert (new.gain_deviations, old.gain_deviations) == (0.0, 2.0)
    assert replace(new, gain_deviations=2.0) == old == CalibrationPolicy()


def test_each_fold_takes_the_line_of_the_other_served_rows():
    defaulted, probability = draw(900)
    fold = np.arange(900) % 3
    served = np.arange(900) >= 150

    found = calibrate_folds(
        OutOfFold(probability, fold), defaulted, served=served, policy=POLICY, seed=1
    )

    for number in range(3):
        others, own = served & (fold != number), fold == number
        line = choose_calibration(
            defaulted[others], probability[others], policy=POLICY, seed=1
        ).line
        assert isinstance(line, Calibration)
        assert found.default_probability[own].tolist() == (
            calibrate_probability(probability[own], line).tolist()
        )
    assert found.fold is fold
