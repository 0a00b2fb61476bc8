"""Forests: trees on drawn rows whose shares are averaged, with the best splits or with random ones.

Each tree draws its own rows, so those that did not draw a row judge it as if the model had never
seen it. This evidence costs no second fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import Matrix, Scale, TreeTerm, UnseenVotes
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.stored.stored_forest import (
    STORED_CLASSES,
    StoredForest,
    StoredTree,
)
from credit_default.model.families.structure import (
    check_attributes,
    check_classes,
    check_constraints,
    require,
)
from credit_default.model.families.tree_arrays import list_tree_arrays
from credit_default.model.kernel.packed_trees import TreeSum
from credit_default.model.statistics.bootstrap import FloatArray

_DEFAULTED: Final = 1
# The attributes that fitting adds to an estimator's parameters, in the scikit-learn version that
# pyproject.toml names.
_FITTED_FOREST: Final = frozenset(
    {
        "estimator",
        "estimator_",
        "estimator_params",
        "estimators_",
        "n_features_in_",
        "n_outputs_",
        "classes_",
        "n_classes_",
        "_n_samples",
        "_n_samples_bootstrap",
        "_sample_weight",
    }
)
_FITTED_TREE: Final = frozenset(
    {"n_features_in_", "n_outputs_", "classes_", "n_classes_", "max_features_", "tree_"}
)


@dataclass(frozen=True, slots=True)
class ForestFamily:
    """A family of forests of scikit-learn.

    Attributes:
        name: As in `Family`.
        forest_class: Name of the class in `sklearn.ensemble`.
        tree_class: Name of the class of its trees in `sklearn.tree`.
        splits: How a split is found, in words.
    """

    name: str
    forest_class: str
    tree_class: str
    splits: str
    noun: str = "forest"
    scale: Scale = "probability"
    architecture: str = "decision trees"
    importance_meaning: str = "its impurity decrease"

    @property
    def stored_types(self) -> frozenset[tuple[str, str]]:
        """Return the types of a stored forest, as in `Family`."""
        return frozenset(
            {
                ("ObjectNode", f"sklearn.ensemble._forest.{self.forest_class}"),
                ("ObjectNode", f"sklearn.tree._classes.{self.tree_class}"),
                ("TreeNode", "sklearn.tree._tree.Tree"),
            }
        )

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the forest and its size."""
        return f"{self.splits} of {recipe.tree_count:,} trees (scikit-learn)"

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted forest."""
        from sklearn import ensemble

        # Without drawn rows there would be no out-of-bag evidence; a random forest draws anyway.
        draws: Mapping[str, Any] = {} if self.name == "forest" else {"bootstrap": True}
        return getattr(ensemble, self.forest_class)(
            n_estimators=recipe.tree_count,
            criterion=recipe.criterion,
            max_depth=recipe.maximum_depth,
            min_samples_leaf=recipe.leaf_row_count,
            max_features=recipe.column_share,
            max_samples=recipe.row_share,
            monotonic_cst=constraints,
            random_state=recipe.seed,
            n_jobs=1,
            **draws,
        )

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Set the number of cores, and print nothing."""
        estimator.set_params(n_jobs=job_count, verbose=0)

    def score_unseen(self, estimator: Any, matrix: Matrix) -> UnseenVotes:
        """Return the votes of the trees that did not draw a row."""
        total, count = np.zeros(len(matrix)), np.zeros(len(matrix), dtype=np.int64)
        # Not scikit-learn's `oob_score`, which would store its figures on the forest and so in the
        # registered artifact.
        for tree, drawn in zip(estimator.estimators_, estimator.estimators_samples_, strict=True):
            unseen = np.flatnonzero(np.bincount(drawn, minlength=len(matrix)) == 0)
            total[unseen] += tree.tree_.predict(matrix[unseen])[:, _DEFAULTED]
            count[unseen] += 1
        return UnseenVotes(total, count)

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's probability (0–1)."""
        probability: FloatArray = estimator.predict_proba(matrix)[:, _DEFAULTED]
        return probability

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm]:
        """Return the trees, each with its share of the mean."""
        share = 1.0 / len(estimator.estimators_)
        return [
            TreeTerm(member.tree_, share * member.tree_.value[:, 0, _DEFAULTED])
            for member in estimator.estimators_
        ]

    def read_tree_sum(self, estimator: Any) -> TreeSum:
        """Return the shares of the trees' leaves, whose mean is the probability."""
        trees = [member.tree_ for member in estimator.estimators_]
        return TreeSum(
            trees,
            [tree.value[:, 0, _DEFAULTED] for tree in trees],
            start=0.0,
            divisor=float(len(trees)),
            takes_missing=_takes_missing(estimator),
            takes_infinite=False,
        )

    def list_terms(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: only trees add up to the risk."""

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the arrays of each tree."""
        for member in estimator.estimators_:
            yield from list_tree_arrays(member.tree_)

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's share of the impurity decrease."""
        shares: FloatArray = estimator.feature_importances_
        return shares

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it is this family's forest of two classes and of the recipe's tree count."""
        forest_class, member_class, tree_class = self._find_classes(estimator)
        _check_fitted(estimator, forest_class, _FITTED_FOREST)
        members = estimator.estimators_
        require(
            isinstance(members, list)
            and len(members) == estimator.n_estimators == recipe.tree_count,
            "a wrong number of trees",
        )
        _check_counts(estimator, feature_count=feature_count)
        check_constraints(estimator.monotonic_cst, feature_count=feature_count)
        for member in members:
            _check_fitted(member, member_class, _FITTED_TREE)
            require(
                type(member.tree_) is tree_class and member.tree_.n_features == feature_count,
                "a tree over other features",
            )
            _check_member(member, estimator.monotonic_cst, feature_count=feature_count)

    def _find_classes(self, estimator: Any) -> tuple[Any, Any, Any]:
        """Return the classes of this family's forest, its members and their trees: as stored, or scikit-learn's own."""
        if isinstance(estimator, StoredForest):
            return *STORED_CLASSES[self.forest_class], StoredTree
        from sklearn import ensemble, tree
        from sklearn.tree._tree import Tree

        return getattr(ensemble, self.forest_class), getattr(tree, self.tree_class), Tree


def _takes_missing(estimator: Any) -> bool:
    if isinstance(estimator, StoredForest):
        return estimator.takes_missing
    return bool(estimator.__sklearn_tags__().input_tags.allow_nan)


def _check_fitted(estimator: Any, kind: Any, fitted: frozenset[str]) -> None:
    check_attributes(estimator, kind, {*kind._get_param_names()} | fitted)  # noqa: SLF001


def _check_member(member: Any, constraints: Any, *, feature_count: int) -> None:
    require(member.monotonic_cst == constraints, "a tree under other constraints than its forest")
    _check_counts(member, feature_count=feature_count)
    require(member.tree_.max_n_classes == len((0, 1)), "a tree that is not of two classes")


def _check_counts(estimator: Any, *, feature_count: int) -> None:
    require(estimator.n_features_in_ == feature_count, "an estimator over other features")
    require(
        estimator.n_outputs_ == 1 and estimator.n_classes_ == len((0, 1)),
        "an estimator that is not of two classes",
    )
    check_classes(estimator)


RANDOM_FOREST: Final = ForestFamily(
    "forest", "RandomForestClassifier", "DecisionTreeClassifier", "A random forest"
)
EXTRA_TREES: Final = ForestFamily(
    "extra-trees",
    "ExtraTreesClassifier",
    "ExtraTreeClassifier",
    "A forest with random splits",
)
