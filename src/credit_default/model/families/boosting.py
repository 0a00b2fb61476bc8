"""Boosting as a family: reasons are exact on the scale of log odds, evidence comes from folds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.boosted_trees import BoostedTrees
from credit_default.model.families.family import TreeTerm
from credit_default.model.families.log_odds import (
    LARGEST_LOG_ODDS,
    LogOddsFamily,
    check_log_odds,
)
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import require
from credit_default.model.families.tree_arrays import NO_CHILD, list_tree_arrays
from credit_default.model.kernel.packed_trees import TreeSum
from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class BoostingFamily(LogOddsFamily):
    """Boosted trees; the methods are those of `Family`."""

    estimator_class = BoostedTrees
    name: str = "boosting"
    noun: str = "booster"
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
        names = (name for name in BoostedTrees.PARAMETERS if name != "constraints")
        taken = {name: getattr(recipe, name) for name in names}
        return BoostedTrees(**taken, constraints=constraints)

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm]:
        """Return the trees; the baseline is common to all rows."""
        return [TreeTerm(tree, tree.value[:, 0, 0]) for tree in estimator.trees_]

    def read_tree_sum(self, estimator: Any) -> TreeSum:
        """Return the trees' log odds, added to the baseline."""
        return TreeSum(
            estimator.trees_,
            [tree.value[:, 0, 0] for tree in estimator.trees_],
            start=estimator.baseline_,
            divisor=1.0,
            takes_missing=True,
            takes_infinite=True,
        )

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

    def check_fitted(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it is made of the recipe's trees, each of one finite value a leaf."""
        check_log_odds(estimator.baseline_, "a baseline")
        trees = estimator.trees_
        require(
            isinstance(trees, list) and len(trees) == recipe.tree_count, "a wrong number of trees"
        )
        for tree in trees:
            _check_tree(tree, recipe=recipe, feature_count=feature_count)


def _check_tree(tree: Any, *, recipe: Recipe, feature_count: int) -> None:
    from sklearn.tree._tree import Tree

    require(type(tree) is Tree and tree.n_features == feature_count, "a tree over other features")
    require(tree.max_n_classes == 1, "a tree of shares where one of log odds belongs")
    require(
        int((tree.children_left == NO_CHILD).sum()) <= (recipe.leaf_count or 0),
        "a tree of too many leaves",
    )
    require(bool((np.abs(tree.value) < LARGEST_LOG_ODDS).all()), "a leaf that is no log odds")
    require(
        bool((np.isfinite(tree.impurity) & (tree.impurity >= 0)).all()), "a gain that is no number"
    )


BOOSTING: Final = BoostingFamily()
