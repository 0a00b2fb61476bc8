"""What `structure` lets pass and what it refuses, each with the words that say what was found."""

from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.structure import (
    build_artifact_error,
    check_attributes,
    check_classes,
    check_constraints,
    require,
)


class Box:
    def __init__(self, **values):
        vars(self).update(values)


class Heir(Box):
    pass


def test_only_what_is_not_good_is_refused_with_what_was_found():
    require(good=True, found="never said")
    with pytest.raises(ArtifactError, match="found a hat; expected a pipeline as `train` writes"):
        require(good=False, found="a hat")
    assert "Train and register the model again." in str(build_artifact_error("a hat"))


def test_all_required_attributes_and_any_of_the_optional_ones_are_accepted():
    check_attributes(Box(a=1, b=2), Box, ["b", "a"])
    check_attributes(Box(a=1, b=2), Box, ["a"], optional=["b"])
    check_attributes(Box(a=1), Box, ["a"], optional=["b"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Heir(a=1), "Heir where a Box belongs"),
        (Box(a=1, predict=0), "attributes ['predict'] on a Box"),
        (Box(), "no ['a'] on a Box"),
        (Box(a=1, z=1, y=1, x=1, w=1, v=1, u=1), "attributes ['u', 'v', 'w', 'x', 'y'] on a Box"),
    ],
)
def test_another_class_and_an_attribute_too_many_or_too_few_are_refused(value, found):
    with pytest.raises(ArtifactError) as caught:
        check_attributes(value, Box, ["a"])

    assert f"found {found};" in str(caught.value)


def test_at_most_five_missing_attributes_are_named():
    with pytest.raises(ArtifactError) as caught:
        check_attributes(Box(), Box, "fedcba")

    assert "found no ['a', 'b', 'c', 'd', 'e'] on a Box;" in str(caught.value)


def test_the_classes_are_0_and_1_in_this_order():
    check_classes(SimpleNamespace(classes_=np.array([0, 1])))
    for others in ([1, 0], [0, 1, 2], [0], [0, 2]):
        with pytest.raises(ArtifactError, match="found other classes than 0 and 1"):
            check_classes(SimpleNamespace(classes_=np.array(others)))


@pytest.mark.parametrize("constraints", [None, [-1, 0, 1]])
def test_constraints_are_absent_or_one_for_each_feature(constraints):
    check_constraints(constraints, feature_count=3)


@pytest.mark.parametrize(
    ("constraints", "found"),
    [
        ([0, 1], "constraints on other features"),
        ([0, 1, 1, 0], "constraints on other features"),
        ((0, 1, 1), "constraints on other features"),
        ([0, 1, 2], "constraints other than -1, 0, 1"),
        ([-2, 1, 1], "constraints other than -1, 0, 1"),
        ([0, 1, True], "constraints other than -1, 0, 1"),
        ([0.0, 1, 1], "constraints other than -1, 0, 1"),
    ],
)
def test_constraints_of_another_form_are_refused(constraints, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check_constraints(constraints, feature_count=3)
