"""The families that may be members of a blend, each on the scale of log odds.

Boosters and scorecards add up to log odds as they are. A forest's trees add up to a probability;
as members, they vote with the log odds of their leaves instead of with their shares, so that what
features add is exact on the one scale of the blend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.model.families.boosting import BOOSTING
from credit_default.model.families.family import Family, Matrix, Scale, TreeTerm
from credit_default.model.families.forests import EXTRA_TREES, RANDOM_FOREST, ForestFamily
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard import SCORECARD
from credit_default.model.families.structure import require
from credit_default.model.kernel.packed_trees import TreeSum
from credit_default.model.statistics.bootstrap import FloatArray
from credit_default.model.statistics.logistic import logit

_DEFAULTED: Final = 1
# Rows at the tree's share of defaults that are added to each leaf, as to the bins of a scorecard.
_ADDED_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class LogOddsForestFamily(ForestFamily):
    """A family of forests whose trees vote with log odds."""

    scale: Scale = "log odds"

    def read_tree_sum(self, estimator: Any) -> TreeSum:
        """Return each tree's part of the mean log odds."""
        terms = self.list_trees(estimator)
        return TreeSum(
            [term.tree for term in terms],
            [term.leaf_values for term in terms],
            start=0.0,
            divisor=1.0,
            takes_missing=True,
            takes_infinite=True,
        )

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's mean log odds of the leaves that it falls into."""
        contiguous = np.ascontiguousarray(matrix, dtype=np.float32)
        log_odds = np.zeros(len(contiguous))
        for term in self.list_trees(estimator):
            log_odds += term.leaf_values[term.tree.apply(contiguous)]
        return log_odds

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm]:
        """Return the trees, each with its share of the mean."""
        trees = [member.tree_ for member in estimator.estimators_]
        return [TreeTerm(tree, _measure_leaves(tree) / len(trees)) for tree in trees]

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check the forest, and that each leaf has rows, which weigh its log odds."""
        ForestFamily.check_estimator(self, estimator, recipe=recipe, feature_count=feature_count)
        for member in estimator.estimators_:
            row_count = member.tree_.weighted_n_node_samples
            require(bool((np.isfinite(row_count) & (row_count > 0)).all()), "a leaf without rows")


def _measure_leaves(tree: Any) -> FloatArray:
    share, row_count = tree.value[:, 0, _DEFAULTED], tree.weighted_n_node_samples
    log_odds: FloatArray = logit(
        (share * row_count + share[0] * _ADDED_ROWS) / (row_count + _ADDED_ROWS)
    )
    return log_odds


def _vote_with_log_odds(family: ForestFamily) -> Family:
    return LogOddsForestFamily(
        family.name, family.forest_class, family.tree_class, splits=family.splits
    )


MEMBER_FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (
        _vote_with_log_odds(RANDOM_FOREST),
        _vote_with_log_odds(EXTRA_TREES),
        BOOSTING,
        SCORECARD,
    )
}
