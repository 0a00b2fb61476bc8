"""The benchmark's gain by each measure, worked out on the rows, and what cannot be compared."""

import numpy as np
import pytest
from scipy.stats import norm, spearmanr
from tests.fakes.scored_samples import change, draw_sample, run_one

from credit_default.gates.validation.benchmark import TESTS
from credit_default.gates.validation.ranking import measure_area, measure_area_gain


@pytest.fixture(scope="module")
def sample():
    drawn = draw_sample(5, row_count=600)
    generator = np.random.default_rng(6)
    odds = np.log(drawn.default_probability / (1 - drawn.default_probability))
    other = 1 / (1 + np.exp(-(odds + 0.4 * generator.normal(size=600))))
    return change(drawn, benchmark_probability=other, client_id=None)


def log_loss(outcomes, scores):
    return -np.where(outcomes == 1, np.log(scores), np.log(1 - scores))


@pytest.mark.parametrize(
    ("name", "measure"),
    [("log_loss", log_loss), ("brier", lambda outcomes, scores: (outcomes - scores) ** 2)],
)
def test_a_loss_is_compared_by_its_mean_difference_over_its_error(sample, name, measure):
    found = run_one(TESTS, name, sample)

    outcomes = sample.defaulted
    own, other = (
        measure(outcomes, scores)
        for scores in (sample.default_probability, sample.benchmark_probability)
    )
    gain = own - other
    z = gain.mean() / (gain.std(ddof=1) / np.sqrt(600))
    assert found.statistic == pytest.approx(z, rel=1e-3)
    assert found.p_value == pytest.approx(norm.sf(found.statistic))
    assert f"{own.mean():.4f}, of the benchmark {other.mean():.4f}" in found.reason


def test_areas_are_compared_on_one_side_by_ours_and_on_both_by_the_official_form(sample):
    ours, official = (run_one(TESTS, name, sample) for name in ("auc", "delong_official"))

    gain = measure_area_gain(
        sample.defaulted, sample.default_probability, sample.benchmark_probability
    )
    own = measure_area(sample.defaulted, sample.default_probability).value
    z = gain.value / gain.error
    assert (ours.statistic, official.statistic) == (pytest.approx(z), pytest.approx(z))
    assert ours.p_value == pytest.approx(norm.sf(z))
    assert official.p_value == pytest.approx(2 * norm.sf(abs(z)))
    assert official.light == "for information"
    assert ours.figures == {"gain": gain.value, "standard_error": gain.error}
    assert ours.reason.startswith(f"ROC AUC {own:.4f}, of the benchmark {own + gain.value:.4f}")


def test_what_is_the_same_or_constant_is_not_judged(sample):
    same = change(sample, benchmark_probability=sample.default_probability)
    flat = change(sample, benchmark_probability=np.full(600, 0.2))

    for name in ("auc", "delong_official"):
        found = run_one(TESTS, name, same)
        assert found.light == "not judged"
        assert found.reason == "the benchmark ranks exactly as the model does"
    for name in ("log_loss", "brier"):
        found = run_one(TESTS, name, same)
        assert found.reason == "the benchmark gives the same probabilities as the model"
    assert run_one(TESTS, "agreement", flat).reason == "one of the scores is constant"
    agreement = run_one(TESTS, "agreement", sample)
    expected = spearmanr(sample.default_probability, sample.benchmark_probability).statistic
    assert agreement.statistic == pytest.approx(expected)
