import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.families.own.settled_scores import (
    MARGIN,
    STEP,
    measure_noise,
    settle_scores,
)

NOISE = MARGIN * STEP / 10


def make_measure(*, seed, noise=NOISE):
    """The first column, off by a little that depends on the rows scored together, as in a matrix product."""

    def measure(matrix):
        random = np.random.default_rng([seed, len(matrix), int(1e9 * matrix[0, 0])])
        return matrix[:, 0] + noise * random.uniform(-1, 1, len(matrix))

    return measure


@given(
    st.lists(
        st.one_of(
            st.floats(0.001, 0.999),
            # on the middle between two points of the grid, where a last bit decides
            st.integers(1, 2**29).map(lambda n: (n + 1 / 2) * STEP),
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 99),
)
def test_a_row_gets_the_same_score_whichever_rows_are_beside_it(values, seed):
    matrix, measure = np.array(values)[:, None], make_measure(seed=seed)

    whole = settle_scores(measure, matrix)

    alone = [settle_scores(measure, matrix[row : row + 1])[0] for row in range(len(matrix))]
    assert whole.tolist() == alone
    assert np.abs(whole - matrix[:, 0]).max() < STEP


def test_no_row_has_no_score():
    assert settle_scores(make_measure(seed=0), np.empty((0, 1))).tolist() == []


def test_noise_is_measured_in_units_of_what_rounding_takes_away():
    matrix = np.linspace(0.1, 0.9, 50)[:, None]

    assert measure_noise(make_measure(seed=0, noise=0.0), matrix) == 0
    assert measure_noise(make_measure(seed=0, noise=100 * MARGIN * STEP), matrix) == pytest.approx(
        150, abs=60
    )
