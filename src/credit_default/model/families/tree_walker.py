"""Walk an estimator's trees with a kernel, where it gives what the estimator gives, to the last bit.

scikit-learn stays the reference: before a walker serves, it must agree with the estimator on rows
drawn from the trees' own thresholds. What scikit-learn refuses, a walker leaves to scikit-learn.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.model.families.family import Family, Matrix
from credit_default.model.kernel.kernel import Kernel, walk
from credit_default.model.kernel.packed_trees import PackedTrees, TreeSum, pack_trees
from credit_default.model.statistics.bootstrap import FloatArray

_PROBE_ROWS: Final = 256
_MISSING_SHARE: Final = 0.05  # of the values of the last probe rows
_SEED: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class TreeWalker:
    """An estimator's trees, packed, and the kernel that walks them.

    Attributes:
        estimator: The estimator that the trees were packed from.
        kernel: What walks them; None in a process that has no compiled code.
        packed: The trees.
        given: What they add up to.
    """

    estimator: Any
    kernel: Kernel | None
    packed: PackedTrees
    given: TreeSum

    def measure(self, matrix: Matrix) -> FloatArray | None:
        """Return each row's risk on the family's scale; None for rows that the estimator must judge.

        Args:
            matrix: Features of shape (row count, feature count).
        """
        if (
            self.kernel is None
            or matrix.dtype != np.float32
            or matrix.ndim != len(("row", "feature"))
            or matrix.shape[1] != self.packed.feature_count
            or not len(matrix)
        ):
            return None
        given = self.given
        found = walk(self.kernel, self.packed, matrix, start=given.start, divisor=given.divisor)
        is_refused = (found.saw_missing and not given.takes_missing) or (
            found.saw_infinite and not given.takes_infinite
        )
        return None if is_refused else found.totals


def build_walker(family: Family, estimator: Any, kernel: Kernel) -> TreeWalker | None:
    """Return a walker of the estimator's trees; None where no sum of trees is its risk.

    Args:
        family: The estimator's family.
        estimator: A fitted estimator.
        kernel: What walks the trees.
    """
    given = family.read_tree_sum(estimator)
    if given is None or not given.trees:
        return None
    packed = pack_trees(given, feature_count=int(estimator.n_features_in_))
    return TreeWalker(estimator, kernel, packed, given)


def find_disagreement(walker: TreeWalker, family: Family) -> str | None:
    """Return in words how a walker and its estimator differ on the probe; None where they agree."""
    for matrix in _list_probes(walker):
        walked = walker.measure(matrix)
        if walked is None:
            return "the compiled code refuses rows that scikit-learn scores"
        differing = walked.view(np.uint64) != family.measure(walker.estimator, matrix).view(
            np.uint64
        )
        if differing.any():
            return (
                f"the compiled code differs from scikit-learn on {int(differing.sum())} of "
                f"{len(matrix)} rows"
            )
    return None


def _list_probes(walker: TreeWalker) -> list[Matrix]:
    """Return rows whose values lie on the thresholds, just above them, or are missing."""
    rng = np.random.default_rng(_SEED)
    packed = walker.packed
    node_count = len(packed.left)
    columns = packed.columns[:node_count]
    thresholds = np.where(np.isfinite(packed.thresholds), packed.thresholds, 0).astype(np.float32)
    matrix = np.zeros((_PROBE_ROWS, packed.feature_count), dtype=np.float32)
    for feature in np.unique(columns):
        drawn = rng.choice(thresholds[columns == feature], _PROBE_ROWS)
        above = np.nextafter(drawn, np.float32(np.finfo(np.float32).max))
        matrix[:, feature] = np.where(rng.random(_PROBE_ROWS) < 1 / 2, drawn, above)
    if not walker.given.takes_missing:
        return [matrix]
    missing = matrix.copy()
    missing[rng.random(matrix.shape) < _MISSING_SHARE] = np.nan
    return [matrix, missing]
