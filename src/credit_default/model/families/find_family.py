"""Find a family by the name that a recipe gives it."""

from collections.abc import Mapping
from typing import Final

from credit_default.model.families.blend import BLEND
from credit_default.model.families.boosting import BOOSTING
from credit_default.model.families.family import Family
from credit_default.model.families.forests import EXTRA_TREES, RANDOM_FOREST
from credit_default.model.families.own.own_family import OwnFamily, is_own
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard import SCORECARD

_FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family for family in (RANDOM_FOREST, EXTRA_TREES, BOOSTING, SCORECARD, BLEND)
}


def find_family(recipe: Recipe) -> Family:
    """Return the family of the recipe."""
    return OwnFamily(recipe.family) if is_own(recipe) else _FAMILIES[recipe.family]
