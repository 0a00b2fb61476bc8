import numpy as np
import pytest

from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.held_out_scores import OutOfFold
from credit_default.model.estimator.recalibration import (
    CalibrationPolicy,
    calibrate_folds,
    choose_calibration,
    choose_calibration_policy,
)

POLICY = CalibrationPolicy()


def make_scores(*, slope=1.0, intercept=0.0, count=8_000, seed=3):
    """Outcomes whose log odds are `intercept` + `slope` times those of the score."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.3, 1.2, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-(intercept + slope * odds)))).astype(
        np.int64
    )
    return defaulted, 1 / (1 + np.exp(-odds))


def choose(defaulted, probability, *, policy=POLICY, seed=0):
    return choose_calibration(defaulted, probability, policy=policy, seed=seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_calibrated_score_is_left_as_it_is(seed):
    choice = choose(*make_scores(seed=seed))

    assert choice.line is None
    assert choice.reason.startswith("no recalibration needed (slope ")


@pytest.mark.parametrize(("slope", "intercept"), [(0.6, 0.0), (1.5, 0.0), (1.0, 0.5)])
def test_a_score_that_departs_beyond_noise_is_recalibrated(slope, intercept):
    choice = choose(*make_scores(slope=slope, intercept=intercept))

    assert choice.line is not None
    assert choice.line.slope == pytest.approx(slope, abs=0.1)
    assert choice.line.intercept == pytest.approx(intercept, abs=0.15)
    assert choice.reason.startswith("recalibrated (slope ")
    assert choice.gain > 2 * choice.gain_error > 0


def test_a_departure_that_is_certain_but_tiny_is_not_worth_a_line():
    choice = choose(*make_scores(slope=0.94, count=100_000))

    assert choice.line is None
    assert choice.p_value < 0.001
    assert choice.gain < POLICY.least_gain
    assert choice.reason.endswith("too little")


def count_lines(policy, *, intercept, tries):
    """How many of as many scores of a new regime's 3,000 rows are recalibrated."""
    draws = (make_scores(intercept=intercept, count=3_000, seed=seed) for seed in range(tries))
    return sum(choose(*draw, policy=policy).line is not None for draw in draws)


def test_a_level_that_a_new_regime_shows_to_be_off_is_mended():
    alike, new = (choose_calibration_policy(regime_is_new=is_new) for is_new in (False, True))

    assert count_lines(new, intercept=0.2, tries=20) >= 15
    assert count_lines(alike, intercept=0.2, tries=20) <= 11


def test_a_calibrated_score_of_a_new_regime_is_left_as_it_is():
    policy = choose_calibration_policy(regime_is_new=True)

    assert count_lines(policy, intercept=0.0, tries=100) <= 4


def calibrate_five_folds(defaulted, probability):
    folds = OutOfFold(probability, np.arange(len(probability)) % 5)
    served = np.ones(len(probability), dtype=bool)
    return calibrate_folds(folds, defaulted, served=served, policy=POLICY, seed=0)


def test_each_fold_is_calibrated_by_the_outcomes_of_the_others_alone():
    defaulted, probability = make_scores(intercept=0.5, count=6_000)
    changed = defaulted.copy()
    changed[::5] = 1 - changed[::5]

    before, after = (calibrate_five_folds(each, probability) for each in (defaulted, changed))

    assert before.default_probability.mean() == pytest.approx(defaulted.mean(), abs=0.01)
    assert np.array_equal(before.default_probability[::5], after.default_probability[::5])
    assert not np.array_equal(before.default_probability, after.default_probability)


def test_a_few_defaults_are_no_evidence():
    choice = choose(*make_scores(slope=0.4, count=120))

    assert choice.line is None
    assert "fewer than 50" in choice.reason


@pytest.mark.parametrize(
    "turn", [lambda p: 1 - p, lambda p: np.full(len(p), 0.2)], ids=["upside down", "constant"]
)
def test_a_score_that_no_rising_line_fits_is_not_recalibrated(turn):
    defaulted, probability = make_scores()

    assert (
        choose(defaulted, turn(probability)).reason
        == "not recalibrated: no rising line fits the scores"
    )


def test_a_half_without_a_default_gives_no_line_and_no_gain():
    probability = np.linspace(0.01, 0.05, 40)
    defaulted = (np.arange(40) == 20).astype(np.int64)

    choice = choose(
        defaulted, probability, policy=CalibrationPolicy(fewest_defaults=1, significance=1.1)
    )

    assert choice.line is None
    assert choice.gain < choice.gain_error


def test_the_line_improves_rows_that_it_never_saw():
    defaulted, probability = make_scores(slope=0.5, seed=1)
    unseen, score = make_scores(slope=0.5, seed=2)

    calibrated = calibrate_probability(score, choose(defaulted, probability).line)

    assert np.mean((calibrated - unseen) ** 2) < np.mean((score - unseen) ** 2) - 0.005
    assert abs(calibrated.mean() - unseen.mean()) < 0.02


def test_without_a_line_every_bit_stays():
    probability = np.random.default_rng(0).random(100)

    assert calibrate_probability(probability, None).tobytes() == probability.tobytes()


def test_a_line_keeps_the_order_and_stays_between_0_and_1():
    probability = np.concatenate([[0.0, 1.0], np.random.default_rng(0).random(1_000)])
    probability.sort()

    for line in (Calibration(0.01, -50.0), Calibration(99.0, 50.0), Calibration(0.5, 0.1)):
        calibrated = calibrate_probability(probability, line)
        assert (np.diff(calibrated) >= 0).all()
        assert ((calibrated >= 0) & (calibrated <= 1)).all()


@pytest.mark.parametrize("seed", [0, 4, 7])
def test_few_rows_need_no_proof_of_a_gain_where_the_slope_is_off_beyond_noise(seed):
    scores = make_scores(slope=1.3, count=900, seed=seed)

    few = choose(*scores)
    many = choose(*scores, policy=CalibrationPolicy(few_rows=900))

    assert few.line.slope == pytest.approx(few.slope)
    assert "the slope's 95 % interval by 900 rows does not hold 1" in few.reason
    assert many.line is None


def test_few_rows_of_a_calibrated_score_are_mostly_left_as_they_are():
    choices = [choose(*make_scores(count=900, seed=seed)) for seed in range(100)]

    assert sum(choice.line is not None for choice in choices) <= 10


def test_from_two_thousand_rows_on_a_gain_is_proved():
    assert CalibrationPolicy().few_rows == 2_000
    scores = make_scores(slope=1.12, count=2_000, seed=1)

    assert choose(*scores).reason == choose(*scores, policy=CalibrationPolicy(few_rows=0)).reason
