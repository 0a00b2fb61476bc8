"""Defaults of the recipe that follow the number of training rows.

A leaf of 40 rows suits 24,000 rows; of 800 rows it leaves trees that hardly split, whose scores are
too tame. What counts is how much the rows tell of a default share: few defaults tell little however
many rows there are. On the public card data and on anything larger the defaults are as they are.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from credit_default.model.families.recipe import FAMILY_PARAMETERS, Recipe

# The parameters that follow the data's size where nobody set them.
SIZED_PARAMETERS: Final = ("leaf_row_count",)
# Rows times the shares of both outcomes: 4,130 on the development side of the public card data.
_FULL_INFORMATION: Final = 4_000.0
# By five folds on 500 to 1,215 rows of three portfolios (docs/adr/0013, benchmarks/recipe_size.py).
_LEAF_EXPONENT: Final = 0.4
_SMALLEST_LEAF: Final = 5


@dataclass(frozen=True, slots=True)
class SizedRecipe:
    """A recipe for so many rows, and in words what of it follows their number; empty if nothing."""

    recipe: Recipe
    note: str = ""


def size_recipe(
    recipe: Recipe, *, row_count: int, default_count: int, sized: Collection[str]
) -> SizedRecipe:
    """Return the recipe for so many training rows.

    Args:
        recipe: The recipe, with the values for many rows.
        row_count: Training rows.
        default_count: Those of them that defaulted.
        sized: The parameters that follow the data's size.
    """
    if "leaf_row_count" not in {*sized} & {*FAMILY_PARAMETERS[recipe.family]}:
        return SizedRecipe(recipe)
    largest = recipe.leaf_row_count
    leaf = size_leaf(row_count, default_count, largest=largest)
    if leaf == largest:
        return SizedRecipe(recipe)
    note = (
        f"leaf_row_count is {leaf} by the data's size ({row_count:,} training rows, {default_count:,} "
        f"of them defaulted), not {largest}; recipe.leaf_row_count sets another"
    )
    return SizedRecipe(replace(recipe, leaf_row_count=leaf), note)


def size_leaf(row_count: int, default_count: int, *, largest: int) -> int:
    """Return the fewest training rows of a leaf: `largest` where there is enough to learn from."""
    information = default_count * (row_count - default_count) / max(row_count, 1)
    share = min(1.0, information / _FULL_INFORMATION)
    return min(largest, max(_SMALLEST_LEAF, round(largest * share**_LEAF_EXPONENT)))
