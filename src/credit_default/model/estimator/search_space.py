"""The recipes that a search may try, as data: each family's regularisation on readable grids.

The number of trees is not searched: more trees are never worse and always slower, so their number
depends only on how long a training may take. A blend is searched by the parameters of its members.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Final

import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.model.estimator.digest import digest_recipe_and_rows
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, Recipe, parse_recipe
from credit_default.model.families.recipe import describe_recipe
from credit_default.model.features.declaration import Feature


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One parameter of the recipe and the values that a search may give it; numbers rise."""

    name: str
    values: tuple[Any, ...]

    @property
    def has_numeric_values(self) -> bool:
        """Return True when the values are numbers, whose neighbours have similar effects."""
        return all(isinstance(value, int | float) for value in self.values)


@dataclass(frozen=True, slots=True)
class SearchPolicy:
    """The values to choose among, and how a search proceeds.

    A trial is stopped after a fold unless its loss so far is among the best `kept_share` of the
    trials before it.

    Raises:
        InputError: a parameter without values, a value that no recipe can have, or a share out of
            its range.
    """

    criterion: tuple[str, ...] = ("entropy", "gini")
    maximum_depth: tuple[int, ...] = (6, 7, 8, 9, 10, 11, 12, 14)
    leaf_row_count: tuple[int, ...] = (10, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100)
    column_share: tuple[float, ...] = (0.08, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    row_share: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    # of boosting only
    learning_rate: tuple[float, ...] = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1)
    leaf_count: tuple[int, ...] = (4, 6, 8, 11, 15, 20, 31)
    leaf_penalty: tuple[float, ...] = (0.0, 1.0, 3.0, 10.0, 30.0)
    # of scorecards only
    bin_count: tuple[int, ...] = (4, 5, 6, 8, 10, 12, 16, 20)
    weight_penalty: tuple[float, ...] = (1.0, 3.0, 10.0, 20.0, 50.0, 100.0)
    # trials drawn at random before the search learns from trials and before it stops any early
    startup_trial_count: int = 10
    kept_share: float = 0.5

    def __post_init__(self) -> None:
        if self.startup_trial_count < 1 or not 0 < self.kept_share < 1:
            raise InputError(
                "search policy",
                found=f"{self.startup_trial_count} trials to start, kept share {self.kept_share}",
                expected="1 or more, and between 0 and 1",
                remedy="Correct [search] in the configuration.",
            )
        for family, names in SEARCHED_NAMES.items():
            for choice in _list_choices(self, names):
                _check_choice(choice, family=family)


_FOREST_NAMES: Final = (
    "criterion",
    "maximum_depth",
    "leaf_row_count",
    "column_share",
    "row_share",
)
SEARCHED_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "forest": _FOREST_NAMES,
    "extra-trees": _FOREST_NAMES,
    # The leaves bound a boosted tree more tightly than its depth does.
    "boosting": ("leaf_row_count", "column_share", "learning_rate", "leaf_count", "leaf_penalty"),
    "scorecard": ("bin_count", "weight_penalty"),
}


def list_search_parameters(
    policy: SearchPolicy, recipe: Recipe = COMPACT_RECIPE
) -> tuple[SearchParameter, ...]:
    """Return the policy's parameters of the recipe's family, in the same order for every search.

    Those of a blend's members are named by the member's place: `members.0.leaf_row_count`.

    Raises:
        InputError: the family is of an installed package, whose parameters are its own.
    """
    if recipe.family in SEARCHED_NAMES:
        return _list_choices(policy, SEARCHED_NAMES[recipe.family])
    if not recipe.members:
        raise InputError(
            "recipe's family",
            found=f"{recipe.family!r}, whose parameters this project does not know",
            expected=f"blend or one of {sorted(SEARCHED_NAMES)} for a search",
            remedy="Search them in the package itself, and set the best as [recipe.parameters].",
        )
    return tuple(
        replace(choice, name=f"members.{place}.{choice.name}")
        for place, member in enumerate(recipe.members)
        for choice in list_search_parameters(policy, member)
    )


def _list_choices(policy: SearchPolicy, names: Sequence[str]) -> tuple[SearchParameter, ...]:
    return tuple(SearchParameter(name, tuple(getattr(policy, name))) for name in names)


def _check_choice(choice: SearchParameter, *, family: str) -> None:
    if not choice.values:
        raise InputError(
            f"search's {choice.name}",
            found="no values",
            expected="one or more",
            remedy="Correct [search] in the configuration.",
        )
    for value in choice.values:
        parse_recipe({"family": family, choice.name: value})


def replace_parameters(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Return the recipe with some parameters replaced; a member's is named by the member's place."""
    described = describe_recipe(recipe)
    for name, value in values.items():
        *place, last = name.split(".")
        table = described["members"][int(place[-1])] if place else described
        table[last] = value
    return parse_recipe(described)


def name_study(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: tuple[Feature, ...],
    policy: SearchPolicy,
    fold_count: int,
    seed: int,
) -> str:
    """Return the name of a study, a hex string.

    It is equal when the rows (in any order), the features, the folds, the search space, the seed
    and the parameters that are not searched are.

    Args:
        recipe: The recipe that the search starts from.
        rows: Checked development rows with outcomes.
        schema: The schema of the rows.
        features: The features offered to the recipe.
        policy: The search space.
        fold_count: Folds of each trial's cross-validation.
        seed: Seed of the search.
    """
    searched = list_search_parameters(policy, recipe)
    fixed = replace_parameters(recipe, {choice.name: choice.values[0] for choice in searched})
    comparison = digest_recipe_and_rows(
        fixed, rows, schema=schema, features=features, fold_count=fold_count, seed=0
    )
    space = json.dumps([comparison, _describe_policy(policy, searched), seed], sort_keys=True)
    return sha256(space.encode()).hexdigest()[:16]


def _describe_policy(policy: SearchPolicy, searched: Sequence[SearchParameter]) -> dict[str, Any]:
    """Return what the policy says of this search: values of other families change no study."""
    own = {choice.name.split(".")[-1] for choice in searched}
    others = {name for names in SEARCHED_NAMES.values() for name in names} - own
    return {name: value for name, value in asdict(policy).items() if name not in others}
