import pytest

from credit_default.errors import InputError
from credit_default.services.validation.column_roles import (
    ColumnChoice,
    find_column_roles,
    find_reference_roles,
)


def test_of_several_usual_names_the_first_is_taken():
    roles = find_column_roles(["score", "pd", "y"], ColumnChoice(), thing="f.csv").roles

    assert roles == {"score": "pd", "outcome": "y"}


def test_names_are_compared_without_case_and_kept_as_the_file_has_them():
    roles = find_column_roles([" PD ", "Bad"], ColumnChoice(outcome="BAD"), thing="f.csv").roles

    assert roles == {"score": " PD ", "outcome": "Bad"}


def test_a_column_that_was_named_for_one_thing_is_not_guessed_for_another():
    choice = ColumnChoice(score="default")

    roles = find_column_roles(["default", "pd"], choice, thing="f.csv").roles

    assert roles == {"score": "default"}


def test_columns_of_a_file_that_has_none_of_the_names_are_listed():
    names = [f"column {n}" for n in range(20)]

    with pytest.raises(InputError, match=r"'column 0'.*\(20 in all\).*--score NAME"):
        find_column_roles(names, ColumnChoice(), thing="f.csv")


def test_each_column_is_read_once_whatever_it_is_for():
    choice = ColumnChoice(segments=("grade",), variables=("x", "x"))

    roles = find_column_roles(["pd", "grade", "x"], choice, thing="f.csv")

    assert roles.list_names() == ("pd", "grade", "x")


def test_the_reference_has_the_same_columns_or_goes_without():
    wanted = find_column_roles(["pd", "bad", "x"], ColumnChoice(variables=("x",)), thing="f.csv")

    found = find_reference_roles(["X", "PD"], wanted, thing="r.csv")

    assert found.roles == {"score": "PD"}
    assert found.variables == ("x",)
