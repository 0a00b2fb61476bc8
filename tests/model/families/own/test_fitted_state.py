import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.families.own.fitted_state import list_state_arrays


class Held:
    def __init__(self, **attributes):
        vars(self).update(attributes)


def read(value):
    return [array.tobytes() for array in list_state_arrays(value)]


def make(**changes):
    table = {
        "coef": np.array([1.0, 2.0]),
        "names": ["a", "b"],
        "inner": Held(depth=3),
        "none": None,
    }
    return Held(**{**table, **changes})


def test_equal_objects_are_read_alike_whatever_the_order_of_their_attributes():
    assert read(make()) == read(make())
    assert read(Held(b=1, a=2)) == read(Held(a=2, b=1))


@pytest.mark.parametrize(
    "change",
    [
        {"coef": np.array([1.0, 2.0 + 1e-15])},
        {"coef": np.array([[1.0, 2.0]])},
        {"coef": np.array([1, 2])},
        {"coef": np.array([1.0, 2.0], dtype=np.float32)},
        {"names": ["b", "a"]},
        {"names": ("a", "b")},
        {"names": ["ab"]},
        {"names": np.array(["a", "b"])},
        {"names": np.array(["a", "b"], dtype=object)},
        {"inner": Held(depth=4)},
        {"inner": {"depth": 3}},
        {"none": 0},
        {"none": False},
        {"more": 1},
    ],
    ids=lambda change: str(change).partition(" object at ")[0],
)
def test_what_differs_is_read_otherwise(change):
    assert read(make(**change)) != read(make())


def test_an_object_that_holds_itself_is_read_to_its_end():
    one, other = make(), make()
    one.self, other.self = one, one

    assert read(one) != read(other)


def test_something_whose_state_cannot_be_read_is_refused_by_its_type():
    with pytest.raises(InputError, match=r"a builtins\.generator"):
        read(Held(rows=(row for row in ())))
