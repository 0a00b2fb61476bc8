"""The recipe of a model: its family and the parameters that this family takes.

One table says which parameters a family takes. A recipe that sets one of another family is refused
by name, and `describe_recipe` writes none of them, so that a forest's recipe reads, and its digest
is, what it was before there were other families. A blend's parameters are the recipes of its members.
An estimator of the lender's own package is named `package:entry`; what it takes besides the seed
stands in `parameters`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from credit_default.errors import InputError, show_examples
from credit_default.installed import Source, is_installed_name, parse_source
from credit_default.model.families.members import (
    DEEPEST_EXACT_TREE,
    OF_THE_BLEND,
    are_weights,
    list_member_faults,
)
from credit_default.model.families.own_parameters import check_parameters

FamilyName = Literal["forest", "extra-trees", "boosting", "scorecard", "blend"]

_REMEDY = "Correct the recipe."
_EVERY_FAMILY: Final = ("seed", "include_protected")
_FOREST: Final = (
    "tree_count",
    "criterion",
    "maximum_depth",
    "leaf_row_count",
    "column_share",
    "row_share",
    "monotone",
)
_BOOSTING: Final = (
    "tree_count",
    "maximum_depth",
    "leaf_row_count",
    "column_share",
    "learning_rate",
    "leaf_count",
    "leaf_penalty",
    "monotone",
)
FAMILY_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "forest": (*_FOREST, *_EVERY_FAMILY),
    "extra-trees": (*_FOREST, *_EVERY_FAMILY),
    "boosting": (*_BOOSTING, *_EVERY_FAMILY),
    "scorecard": ("bin_count", "weight_penalty", "monotone", *_EVERY_FAMILY),
    "blend": ("members", "weights", "monotone", *_EVERY_FAMILY),
}
_OWN_ESTIMATOR: Final = ("parameters", "source", *_EVERY_FAMILY)
# Parameters that a family has taken only since its first models: they are described where they are
# set, so that the digests of older models stay.
_LATER_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {"scorecard": ("monotone",)}
# What takes the place of None in a recipe of the family.
_OWN_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "boosting": {"learning_rate": 0.06, "leaf_count": 15, "leaf_penalty": 10.0},
    "scorecard": {"bin_count": 10, "weight_penalty": 20.0},
}
_DEFAULT_MEMBERS: Final = ("forest", "boosting", "scorecard")
_DEFAULT_WEIGHTS: Final = (1.0, 2.0, 1.0)  # of these; of other members they are fitted


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is fitted: its family, and the parameters of that family.

    The defaults are a compact forest; `FULL_RECIPE` is larger and gains .001 of ROC AUC. `make
    model-quality` measures both (pooled over five folds). Regularisation is most of what a forest
    gains on this data.

    Raises:
        InputError: a value out of its range, or a parameter that the family does not take.
    """

    tree_count: int = 100
    criterion: Literal["gini", "entropy", "log_loss"] = "entropy"
    maximum_depth: int | None = 8  # None: until leaves are pure or too small to split
    leaf_row_count: int = 40  # the fewest training rows in a leaf
    column_share: float = 0.2  # of the features, tried at each split
    row_share: float = 0.5  # of the training rows, drawn for each tree
    seed: int = 0
    # sex, marriage and age as inputs, to measure what leaving them out costs
    include_protected: bool = False
    # more months late never lowers the probability: see `model.features.monotone`
    monotone: bool = False
    family: str = "forest"  # a `FamilyName`, or package:entry
    # None for families that do not take them, else the family's default
    learning_rate: float | None = None  # boosting: the share of each tree's correction that is kept
    leaf_count: int | None = None  # boosting: the most leaves of a tree
    leaf_penalty: float | None = None  # boosting: weight of the squared leaf values in the loss
    bin_count: int | None = None  # scorecard: the most bins of a feature, besides that for missing
    weight_penalty: float | None = None  # scorecard: weight of the squared weights in the loss
    # of an estimator of the lender's own: what its entry point takes besides the seed
    parameters: Mapping[str, Any] | None = None
    source: Source | None = None  # and where it comes from, which training fills in
    # blend: the recipe of each member, given as one, as a table or as the name of a family
    members: tuple[Any, ...] = ()
    # blend: how much each member counts, in proportion; none: fitted on out-of-fold predictions
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.family not in FAMILY_PARAMETERS and not is_installed_name(self.family):
            raise _build_error(
                "family",
                found=repr(self.family),
                expected=f"one of {sorted(FAMILY_PARAMETERS)}, or package:entry",
            )
        _refuse_parameters_of_others(self)
        if self.family == "blend" and not self.members:
            object.__setattr__(self, "members", _DEFAULT_MEMBERS)
            object.__setattr__(self, "weights", self.weights or _DEFAULT_WEIGHTS)
        for name, value in _OWN_DEFAULTS.get(self.family, {}).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.parameters is not None:
            object.__setattr__(self, "parameters", check_parameters(self.parameters))
        object.__setattr__(self, "members", tuple(_parse_member(given) for given in self.members))
        weights = (float(w) if isinstance(w, int) else w for w in self.weights)
        object.__setattr__(self, "weights", tuple(weights))
        for name, good in _find_ranges(self).items():
            if not good:
                found = repr(_describe_value(getattr(self, name)))
                raise _build_error(name, found=found, expected="a value in its range")


def parse_recipe(mapping: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a mapping describes; missing keys take their defaults.

    Reads back what `describe_recipe` writes.

    Raises:
        InputError: unknown keys, values of the wrong type or out of range.
    """
    known = {field.name for field in fields(Recipe)}
    unknown = sorted(set(mapping) - known)
    if unknown:
        raise InputError(
            "recipe", found=show_examples(unknown), expected=f"keys {sorted(known)}", remedy=_REMEDY
        )
    source = mapping.get("source")
    if source is not None:
        mapping = {**mapping, "source": parse_source(source, thing="recipe's source")}
    try:
        return Recipe(**mapping)
    except TypeError as error:
        raise InputError("recipe", found=str(error), expected="numbers", remedy=_REMEDY) from error


def describe_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the parameters that the recipe's family takes, as plain values.

    The family itself is among them, unless it is the forest: digests and manifests of forests are
    older than the other families.
    """
    taken, later = _list_parameters(recipe), _LATER_PARAMETERS.get(recipe.family, ())
    named = {} if recipe.family == "forest" else {"family": recipe.family}
    described = {
        field.name: _describe_value(getattr(recipe, field.name))
        for field in fields(Recipe)
        if field.name in taken
        and not (field.name in later and getattr(recipe, field.name) == field.default)
    }
    source = described.get("source")
    return named | described | ({"source": source.describe()} if source else {})


def _list_parameters(recipe: Recipe) -> tuple[str, ...]:
    """Return the names of the parameters that the recipe's family takes."""
    return FAMILY_PARAMETERS.get(recipe.family, _OWN_ESTIMATOR)


def _describe_value(value: Any) -> Any:
    """Return a plain value: members as tables without what their blend decides."""
    if isinstance(value, Recipe):
        described = {"family": value.family, **describe_recipe(value)}
        return {name: own for name, own in described.items() if name not in OF_THE_BLEND}
    return [_describe_value(part) for part in value] if isinstance(value, tuple) else value


def _parse_member(given: Any) -> Recipe:
    if isinstance(given, str):
        given = {"family": given}
    if not isinstance(given, Recipe | Mapping):
        expected = "the name of a family or a table of its parameters"
        raise _build_error("members", found=repr(given), expected=expected)
    if isinstance(given, Mapping) and given.get("family") == "blend":
        raise _build_error("members", found="a blend of blends", expected="other families")
    member = given if isinstance(given, Recipe) else parse_recipe(given)
    for found, expected in list_member_faults(member):
        raise _build_error("members", found=found, expected=expected)
    return member


def _refuse_parameters_of_others(recipe: Recipe) -> None:
    taken = {*_list_parameters(recipe), "family"}
    for field in fields(Recipe):
        value = getattr(recipe, field.name)
        if field.name not in taken and value != field.default:
            raise _build_error(
                field.name,
                found=f"{value!r} with the family {recipe.family!r}",
                expected=f"parameters of that family: {', '.join(_list_parameters(recipe))}",
            )


def _find_ranges(recipe: Recipe) -> dict[str, bool]:
    """Return, by parameter, whether its value is in its range."""
    depth = recipe.maximum_depth
    is_boosting = recipe.family == "boosting"
    return {
        "tree_count": recipe.tree_count >= 1,
        "criterion": recipe.criterion in {"gini", "entropy", "log_loss"},
        "maximum_depth": (depth is None or depth >= 1)
        and (not is_boosting or (depth is not None and depth <= DEEPEST_EXACT_TREE)),
        "leaf_row_count": recipe.leaf_row_count >= 1,
        "column_share": 0 < recipe.column_share <= 1,
        "row_share": 0 < recipe.row_share <= 1,
        "seed": 0 <= recipe.seed < 2**32,
        "learning_rate": recipe.learning_rate is None or 0 < recipe.learning_rate <= 1,
        "leaf_count": recipe.leaf_count is None or 1 < recipe.leaf_count <= 2**8,
        "leaf_penalty": recipe.leaf_penalty is None or 0 <= recipe.leaf_penalty < float("inf"),
        "bin_count": recipe.bin_count is None or 1 < recipe.bin_count <= 10**2,
        "weight_penalty": recipe.weight_penalty is None or 0 < recipe.weight_penalty < float("inf"),
        "members": len(recipe.members) != 1,
        "weights": not recipe.weights
        or are_weights(recipe.weights, member_count=len(recipe.members)),
    }


def _build_error(name: str, *, found: str, expected: str) -> InputError:
    return InputError(f"recipe's {name}", found=found, expected=expected, remedy=_REMEDY)


# Last, as they check themselves by the functions above.
COMPACT_RECIPE: Final = Recipe()
FULL_RECIPE: Final = Recipe(tree_count=300, maximum_depth=10, leaf_row_count=30, column_share=0.3)
