import numpy as np
import pytest
from tests.fakes.scored_samples import draw_sample

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.validation.ranking import (
    measure_area,
    measure_area_gain,
    measure_areas,
    measure_mean,
)
from credit_default.gates.validation.sample import ScoredSample


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


def test_the_variance_of_an_area_is_that_of_its_placements_by_hand():
    outcomes = np.array([1.0, 1, 1, 0, 0, 0, 0])
    score = np.array([0.9, 0.5, 0.3, 0.5, 0.2, 0.1, 0.4])
    wins = np.array(
        [[1.0 if a > b else 0.5 if a == b else 0.0 for b in score[3:]] for a in score[:3]]
    )
    expected = wins.mean(axis=1).var(ddof=1) / 3 + wins.mean(axis=0).var(ddof=1) / 4

    found = measure_area(outcomes, score)

    assert (found.value, found.variance) == pytest.approx((wins.mean(), expected))
    assert found.error == pytest.approx(np.sqrt(expected))


def test_rows_of_a_client_are_added_before_they_are_squared():
    values = np.array([1.0, 2.0, 4.0, 7.0])
    clients = np.array(["a", "b", "a", "c"])
    deviation = (values - 3.5) / 4
    sums = [deviation[0] + deviation[2], deviation[1], deviation[3]]

    found = measure_mean(values, clients)

    assert found.value == 3.5
    assert found.variance == pytest.approx(sum(s**2 for s in sums) * 3 / 2)
    alone = measure_mean(values)
    assert alone.variance == pytest.approx(values.var(ddof=1) / 4)


@pytest.mark.parametrize(
    ("fewest", "labels"), [(1, ["a", "b"]), (2, ["a", "b"]), (3, ["b"]), (4, [])]
)
def test_parts_with_two_and_enough_of_either_outcome_have_an_area(fewest, labels):
    outcomes = np.array([1.0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0])
    part = np.array(["a"] * 5 + ["b"] * 6 + ["c"] * 3)
    known = ScoredSample(np.linspace(0.1, 0.9, 14), outcomes)

    assert list(measure_areas(known, part, fewest_outcomes=fewest)) == labels
