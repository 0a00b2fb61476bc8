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


def describe(value):
    return [bytes(array).decode() for array in list_state_arrays(value)]


def test_each_kind_of_part_is_read_by_what_it_holds_and_parents_come_first():
    assert describe([1, "a", None, 2.5, True]) == [
        "builtins.list 5",
        "int 1",
        "str 'a'",
        "NoneType None",
        "float 2.5",
        "bool True",
    ]
    assert describe({"b": 1, "a": (2,)}) == [
        "builtins.dict 2",
        "str 'a'",
        "builtins.tuple 1",
        "int 2",
        "str 'b'",
        "int 1",
    ]
    assert describe({"z", "a"}) == ["builtins.set 2", "str 'a'", "str 'z'"]
    assert describe(frozenset()) == ["builtins.frozenset 0"]


def test_classes_and_functions_are_read_by_their_names_and_objects_by_their_attributes():
    assert describe(Held) == [f"type {Held.__module__}.Held"]
    assert describe(Held(depth=3)) == [f"{Held.__module__}.Held ", "str 'depth'", "int 3"]


def test_an_object_that_is_met_again_is_told_by_its_place_and_equal_values_are_not():
    part = [7]

    assert describe([part, part]) == [
        "builtins.list 2",
        "builtins.list 1",
        "int 7",
        "str 'again 1'",
    ]
    assert describe([7, 7]) == ["builtins.list 2", "int 7", "int 7"]


def test_numbers_of_an_array_are_yielded_as_they_are_behind_their_form():
    form, numbers = list_state_arrays(np.array([[1.5, 2.5]]))

    assert bytes(form).decode() == "array <f8 (1, 2)"
    assert numbers.tolist() == [[1.5, 2.5]]
    assert describe(np.array(["ab"]))[0].startswith("array <U2 (1,) 61")
    assert describe(np.array([None, 3], dtype=object)) == [
        "array |O (2,) ",
        "NoneType None",
        "int 3",
    ]


def test_the_state_of_a_generator_of_random_numbers_is_read():
    one, same, other = (np.random.RandomState(seed) for seed in (1, 1, 2))

    assert read(one) == read(same) != read(other)


def test_what_can_be_called_and_has_no_name_of_its_own_is_read_by_its_class():
    class Scorer:
        def __call__(self):
            return 0

    found = describe(Scorer())

    assert found == [f"type {Scorer.__module__}.{Scorer.__qualname__}"]
