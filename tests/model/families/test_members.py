import math

import pytest

from credit_default.model.families.members import (
    DEEPEST_EXACT_TREE,
    are_weights,
    list_member_faults,
    list_members,
)
from credit_default.model.families.recipe import Recipe


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0, 2), (0.0, 1e300)])
def test_weights_are_one_for_each_member_and_not_all_nought(weights):
    assert are_weights(weights, member_count=2)


@pytest.mark.parametrize(
    "weights",
    [(1.0,), (1.0, 1.0, 1.0), (0, 0.0), (1.0, -0.1), (1.0, math.inf), (1.0, math.nan), (1.0, "1")],
)
def test_other_weights_are_none(weights):
    assert not are_weights(weights, member_count=2)


def test_seeds_of_members_count_on_from_the_blends_and_begin_again_after_the_last():
    blend = Recipe(family="blend", seed=2**32 - 1, monotone=True, include_protected=True)

    members = list_members(blend)

    assert [member.seed for member in members] == [2**32 - 1, 0, 1]
    assert all(member.monotone and member.include_protected for member in members)
    plain = list_members(Recipe(family="blend"))
    assert not any(member.monotone or member.include_protected for member in plain)


def test_a_tree_of_the_deepest_exact_depth_has_no_fault_and_one_deeper_has():
    deepest = Recipe(maximum_depth=DEEPEST_EXACT_TREE)

    assert DEEPEST_EXACT_TREE == 8
    assert list(list_member_faults(deepest)) == []
    expected = "trees of at most 8 levels"
    for depth in (DEEPEST_EXACT_TREE + 1, None):
        assert list(list_member_faults(Recipe(maximum_depth=depth))) == [
            (f"maximum_depth {depth}", expected)
        ]


@pytest.mark.parametrize(
    ("recipe", "fault"),
    [
        (
            Recipe(seed=1),
            ("a member with 'seed'", "it in the blend's own recipe, for all members"),
        ),
        (
            Recipe(monotone=True),
            ("a member with 'monotone'", "it in the blend's own recipe, for all members"),
        ),
        (
            Recipe(include_protected=True),
            ("a member with 'include_protected'", "it in the blend's own recipe, for all members"),
        ),
        (Recipe(family="blend"), ("a blend of blends", "other families")),
        (Recipe(family="acme:trees"), ("'acme:trees'", "families whose reasons are exact")),
    ],
)
def test_each_fault_of_a_member_says_what_was_found_and_what_was_expected(recipe, fault):
    assert list(list_member_faults(recipe)) == [fault]
