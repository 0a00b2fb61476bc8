"""The recipes of a blend's members: what they leave to the blend, and what they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from credit_default.installed import is_installed_name

if TYPE_CHECKING:
    from credit_default.model.families.recipe import Recipe

# What a blend decides for all of its members.
OF_THE_BLEND: Final = ("seed", "include_protected", "monotone")
# Reasons on log odds are computed exactly for paths of at most this many features.
DEEPEST_EXACT_TREE: Final = 8


def list_members(recipe: Recipe) -> tuple[Recipe, ...]:
    """Return the complete recipes of a blend's members: each has a seed of its own."""
    return tuple(
        replace(
            member,
            seed=(recipe.seed + place) % 2**32,
            include_protected=recipe.include_protected,
            monotone=recipe.monotone,
        )
        for place, member in enumerate(recipe.members)
    )


def list_member_faults(member: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what keeps a recipe from being a member's: what was found and what was expected."""
    for name in OF_THE_BLEND:
        if getattr(member, name):
            yield f"a member with {name!r}", "it in the blend's own recipe, for all members"
    depth = member.maximum_depth
    if member.family == "blend":
        yield "a blend of blends", "other families"
    if is_installed_name(member.family):
        yield f"{member.family!r}", "families whose reasons are exact"
    if depth is None or depth > DEEPEST_EXACT_TREE:
        yield f"maximum_depth {depth}", f"trees of at most {DEEPEST_EXACT_TREE} levels"


def are_weights(weights: Sequence[object], *, member_count: int) -> bool:
    """Return whether there is a weight for each member, none below 0 and not all of them 0."""
    return (
        len(weights) == member_count
        and all(isinstance(w, int | float) and 0 <= w < float("inf") for w in weights)
        and any(weights)
    )
