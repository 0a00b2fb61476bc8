import numpy as np
import pytest
from tests.fakes.scored_samples import draw_sample

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.validation.ranking import measure_area, measure_area_gain, measure_mean


def test_gain_is_that_of_the_promotion_gate():
    sample = draw_sample(1)
    other = measure_auc_difference(
        sample.defaulted,
        sample.default_probability,
        challenger=sample.benchmark_probability,
        confidence=0.95,
    )

    gain = measure_area_gain(
        sample.defaulted, sample.default_probability, sample.benchmark_probability
    )

    assert gain.value == pytest.approx(other.gain, abs=1e-12)
    assert gain.error == pytest.approx(other.standard_error, abs=1e-12)


def test_rows_of_a_client_count_together():
    """A sample written three times over has the variance of the sample, not a third of it."""
    sample = draw_sample(2)
    outcomes, scores = np.tile(sample.defaulted, 3), np.tile(sample.default_probability, 3)
    clients = np.tile(np.arange(2_000), 3)

    once = measure_area(sample.defaulted, sample.default_probability)
    alone, together = (
        measure_area(outcomes, scores),
        measure_area(outcomes, scores, clients),
    )

    assert alone.variance == pytest.approx(once.variance / 3, rel=0.01)
    assert together.variance == pytest.approx(once.variance, rel=0.01)
    assert measure_mean(scores, clients).variance == pytest.approx(
        measure_mean(sample.default_probability).variance, rel=0.01
    )


def test_clients_with_one_row_each_change_nothing():
    sample = draw_sample(3)

    assert measure_area(
        sample.defaulted, sample.default_probability, sample.client_id
    ) == measure_area(sample.defaulted, sample.default_probability)
