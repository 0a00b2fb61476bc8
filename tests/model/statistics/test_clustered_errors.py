import numpy as np
import pytest

from credit_default.model.statistics.clustered_errors import measure_clustered_error


def test_the_error_of_a_mean_of_independent_rows_is_the_usual_one():
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])

    error = measure_clustered_error((values - values.mean()) / 5, np.arange(5))

    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(5))


def test_rows_repeated_within_their_clients_tell_no_more_than_once():
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    six_times, clients = np.repeat(values, 6), np.repeat(np.arange(5), 6)

    error = measure_clustered_error((six_times - six_times.mean()) / 30, clients)

    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(5))


def test_the_order_of_rows_makes_no_difference():
    generator = np.random.default_rng(1)
    values, clients = generator.normal(size=500), generator.integers(0, 90, size=500)
    order = generator.permutation(500)
    influence = (values - values.mean()) / 500

    shuffled = measure_clustered_error(influence[order], clients[order])

    assert shuffled == pytest.approx(measure_clustered_error(influence, clients), rel=1e-12)


def test_one_client_has_no_measurable_error():
    assert np.isnan(measure_clustered_error(np.array([0.1, -0.1]), ["a", "a"]))
