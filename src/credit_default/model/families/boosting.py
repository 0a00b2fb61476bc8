"""Boosting as a family: reasons are exact on the scale of log odds, evidence comes from folds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.boosted_trees import PARAMETERS, BoostedTrees
from credit_default.model.families.family import Matrix, Scale, TreeTerm
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import (
    check_attributes,
    check_classes,
    check_constraints,
    require,
)
from credit_default.model.families.tree_arrays import NO_CHILD, list_tree_arrays
from credit_default.model.statistics.bootstrap import FloatArray

_FITTED: Final = ("trees_", "baseline_", "classes_", "n_features_in_")
_LARGEST_LOG_ODDS: Final = 1e3  # a probability is 0 or 1 long before


@dataclass(frozen=True, slots=True)
class BoostingFamily:
    """Boosted trees; the methods are those of `Family`."""

    name: str = "boosting"
    noun: str = "booster"
    scale: Scale = "log odds"
    architecture: str = "boosted decision trees"
    importance_meaning: str = "the gain of its splits"
    stored_types: frozenset[tuple[str, str]] = frozenset(
        {
            ("ObjectNode", "credit_default.bundled.BoostedTrees"),
            ("TreeNode", "sklearn.tree._tree.Tree"),
        }
    )

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the booster and its size."""
        return (
            f"Boosting: a sum of {recipe.tree_count:,} small trees on the scale of log odds, fitted "
            "by scikit-learn's histogram booster"
        )

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return unfitted boosted trees."""
        taken = {name: getattr(recipe, name) for name in PARAMETERS if name != "constraints"}
        return BoostedTrees(**taken, constraints=constraints)

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Change nothing: the booster uses the cores that OpenMP has, to the same result."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: every tree has seen every row."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's log odds."""
        log_odds: FloatArray = estimator.decision_function(matrix)
        return log_odds

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm]:
        """Return the trees; the baseline is common to all rows."""
        return [TreeTerm(tree, tree.value[:, 0, 0]) for tree in estimator.trees_]

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Refuse: boosting is a sum of trees."""
        del estimator, matrix
        raise NotImplementedError

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the baseline and the arrays of each tree."""
        yield np.array([estimator.baseline_])
        for tree in estimator.trees_:
            yield from list_tree_arrays(tree)

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's share of the gain of all splits; equal shares without a split."""
        gain = np.zeros(estimator.n_features_in_)
        for tree in estimator.trees_:
            is_split = tree.children_left != NO_CHILD
            np.add.at(gain, tree.feature[is_split], tree.impurity[is_split])
        total = gain.sum()
        return gain / total if total > 0 else np.full(len(gain), 1 / len(gain))

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it is made of the recipe's trees, each of one finite value a leaf."""
        check_attributes(estimator, BoostedTrees, (*PARAMETERS, *_FITTED))
        check_constraints(estimator.constraints, feature_count=feature_count)
        _check_parameters(estimator, recipe=recipe)
        check_classes(estimator)
        require(
            type(estimator.n_features_in_) is int and estimator.n_features_in_ == feature_count,
            "an estimator over other features",
        )
        require(
            type(estimator.baseline_) is float and abs(estimator.baseline_) < _LARGEST_LOG_ODDS,
            "a baseline that is no log odds",
        )
        trees = estimator.trees_
        require(
            isinstance(trees, list) and len(trees) == recipe.tree_count, "a wrong number of trees"
        )
        for tree in trees:
            _check_tree(tree, recipe=recipe, feature_count=feature_count)


def _check_parameters(estimator: Any, *, recipe: Recipe) -> None:
    for name in PARAMETERS:
        if name != "constraints":
            value, expected = getattr(estimator, name), getattr(recipe, name)
            require(
                type(value) is type(expected) and value == expected,
                f"another {name} than the recipe's",
            )
    require(
        (estimator.constraints is not None) == recipe.monotone, "constraints that the recipe denies"
    )


def _check_tree(tree: Any, *, recipe: Recipe, feature_count: int) -> None:
    from sklearn.tree._tree import Tree

    require(type(tree) is Tree and tree.n_features == feature_count, "a tree over other features")
    require(tree.max_n_classes == 1, "a tree of shares where one of log odds belongs")
    require(
        int((tree.children_left == NO_CHILD).sum()) <= (recipe.leaf_count or 0),
        "a tree of too many leaves",
    )
    require(bool((np.abs(tree.value) < _LARGEST_LOG_ODDS).all()), "a leaf that is no log odds")
    require(
        bool((np.isfinite(tree.impurity) & (tree.impurity >= 0)).all()), "a gain that is no number"
    )


BOOSTING: Final = BoostingFamily()
