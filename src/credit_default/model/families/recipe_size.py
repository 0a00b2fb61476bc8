"""Defaults of the recipe that follow the number of training rows.

A leaf of 40 rows and a fifth of the features at each split suit 24,000 rows. On 800 such trees hardly
split and hardly agree, so that their mean is too tame: a calibration slope of 2 and more. What counts
is how much the rows tell of a default share: few defaults tell little however many rows there are.
On the public card data and on anything larger the defaults are as they are. A blend's members follow
the same rule, each by its family.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from credit_default.model.families.recipe import Recipe

# The parameters that follow the data's size where nobody set them, by family.
_SIZED: Final = {
    "forest": ("leaf_row_count", "column_share"),
    "extra-trees": ("leaf_row_count", "column_share"),
    "boosting": ("leaf_row_count",),
}
SIZED_PARAMETERS: Final = _SIZED["forest"]
# Rows times the shares of both outcomes: 4,130 on the development side of the public card data.
_FULL_INFORMATION: Final = 4_000.0
# By five folds on 500 to 1,215 rows of three portfolios (docs/adr/0013, benchmarks/recipe_size.py).
_LEAF_EXPONENT: Final = 0.4
_SMALLEST_LEAF: Final = 5
_COLUMN_EXPONENT: Final = -0.25
_LARGEST_COLUMN_FACTOR: Final = 2.0


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
    following = [name for name in _SIZED.get(recipe.family, ()) if name in sized]
    counts = {"row_count": row_count, "default_count": default_count}
    values = dict(_size_parameters(recipe, following, **counts))
    parts = [f"{name} is {value}, not {getattr(recipe, name)}" for name, value in values.items()]
    for place, member in enumerate(recipe.members):
        own = [name for name in _SIZED.get(member.family, ()) if f"{_of(place)}{name}" in sized]
        found = dict(_size_parameters(member, own, **counts))
        if found:
            members = list(values.get("members", recipe.members))
            members[place] = replace(member, **found)
            values["members"] = tuple(members)
        parts += [
            f"{name} of its {member.family} is {value}, not {getattr(member, name)}"
            for name, value in found.items()
        ]
    if not values:
        return SizedRecipe(recipe)
    rows = f"{row_count:,} training rows, {default_count:,} of them defaulted"
    note = f"by the data's size ({rows}) {' and '.join(parts)}; section recipe sets others"
    return SizedRecipe(replace(recipe, **values), note)


def list_unset_of_members(recipe: Recipe, written: Any) -> tuple[str, ...]:
    """Return the parameters of a blend's members that follow the data's size, as nobody set them.

    Args:
        recipe: The recipe.
        written: Its `members` as a person wrote them; None where nobody did.

    Returns:
        Names such as `members.0.leaf_row_count`, as `size_recipe` takes them.
    """
    if written is None:
        written = [member.family for member in recipe.members]
    if not isinstance(written, list | tuple) or len(written) != len(recipe.members):
        return ()
    return tuple(
        f"{_of(place)}{name}"
        for place, (member, table) in enumerate(zip(recipe.members, written, strict=True))
        for name in _SIZED.get(member.family, ())
        if isinstance(table, str) or (isinstance(table, Mapping) and name not in table)
    )


def size_leaf(row_count: int, default_count: int, *, largest: int) -> int:
    """Return the fewest training rows of a leaf: `largest` where there is enough to learn from."""
    share = _measure_information(row_count, default_count)
    found = round(float(largest * share**_LEAF_EXPONENT))
    return min(largest, max(_SMALLEST_LEAF, found))


def size_column_share(row_count: int, default_count: int, *, smallest: float) -> float:
    """Return the share (0–1) of the features that a split tries: `smallest` where there is enough to learn from."""
    share = max(_measure_information(row_count, default_count), 1e-9)
    factor = min(_LARGEST_COLUMN_FACTOR, float(share**_COLUMN_EXPONENT))
    return min(1.0, round(smallest * factor, 2)) if factor > 1 else smallest


def _size_parameters(
    recipe: Recipe, names: Collection[str], *, row_count: int, default_count: int
) -> Iterator[tuple[str, Any]]:
    """Yield the parameters whose value for so many rows is another one."""
    sized = {
        "leaf_row_count": size_leaf(row_count, default_count, largest=recipe.leaf_row_count),
        "column_share": size_column_share(row_count, default_count, smallest=recipe.column_share),
    }
    for name, value in sized.items():
        if name in names and value != getattr(recipe, name):
            yield name, value


def _of(place: int) -> str:
    return f"members.{place}."


def _measure_information(row_count: int, default_count: int) -> float:
    """Return what the rows tell of a default share, as a share (0–1) of what suffices."""
    information = default_count * (row_count - default_count) / max(row_count, 1)
    return min(1.0, information / _FULL_INFORMATION)
