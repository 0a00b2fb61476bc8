"""What a family of estimators must answer to be champion.

Everything that differs from one family to the next is behind this port: fitting, loading, digests,
evidence and reasons of a model ask its family, and name no class of estimators themselves. A new
family is a module of this chapter, its parameters in `recipe`, and its line in `find_family`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.recipe import Recipe
from credit_default.model.kernel.packed_trees import TreeSum
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

Matrix = NDArray[np.float32]
Scale = Literal["probability", "log odds"]


@dataclass(frozen=True, slots=True, eq=False)
class TreeTerm:
    """A tree of a sum: the tree's structure, and what each of its nodes adds as a leaf."""

    tree: Any  # with scikit-learn's arrays children_left, children_right, feature and threshold
    leaf_values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class UnseenVotes:
    """For each training row, the summed probabilities of the members that did not see it."""

    total: FloatArray
    count: IntArray


class Family(Protocol):
    """One family of estimators."""

    @property
    def name(self) -> str:
        """Return the family's name in a recipe."""

    @property
    def noun(self) -> str:
        """Return what one estimator is called in a sentence."""

    @property
    def scale(self) -> Scale:
        """Return the scale on which what the features add sums up."""

    @property
    def architecture(self) -> str:
        """Return the kind of model, for a bill of materials."""

    @property
    def importance_meaning(self) -> str:
        """Return what `measure_importance` measures, to stand behind "share of"."""

    @property
    def stored_types(self) -> frozenset[tuple[str, str]]:
        """Return the loader and the name of each type that a stored estimator is made of.

        Plain values (numbers, texts, lists, arrays) are not among them.
        """

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the estimator and its size."""

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted estimator; constraints are -1, 0 or 1 for each feature, or None."""

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Set the number of cores that the estimator uses; no result depends on it."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> UnseenVotes | None:
        """Return the votes on the training rows of members that did not see them, if there are any."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's risk on the family's scale."""

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm] | None:
        """Return the trees whose leaves add up to the risk; None for no trees.

        What neither they nor `list_terms` return is the same for all rows.
        """

    def read_tree_sum(self, estimator: Any) -> TreeSum | None:
        """Return the trees as what `measure` adds up, in its order; None where it adds up other things.

        A kernel that walks them gives what `measure` gives, to the last bit.
        """

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray | None:
        """Return what each feature alone adds to each row, beside the trees; None for nothing.

        The shape is (row count, feature count).
        """

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the fitted arrays that decide a score, always in the same order."""

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's weight in the estimator, summing to 1."""

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that a loaded estimator is what fitting the recipe makes.

        Raises:
            ArtifactError: it is not; the message names what was found.
        """
