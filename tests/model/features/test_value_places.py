import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.features.value_places import find_places


@given(
    values=st.lists(st.integers(-20, 20), min_size=1, unique=True),
    column=st.lists(st.integers(-22, 22) | st.just(float("nan"))),
)
def test_a_place_is_that_of_the_value_or_minus_one(values, column):
    found = find_places(np.array(column, dtype=np.float64), values)

    expected = [values.index(value) if value in values else -1 for value in column]
    assert found.tolist() == expected
