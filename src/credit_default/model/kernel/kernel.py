"""The port of what runs the loops, and the calls of the loops with the arrays that they need.

Whatever runs them takes NumPy arrays and numbers: `PLAIN_LOOPS` are the loops of this chapter as
they are, in plain Python; `adapters/kernel` has the same as machine code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from credit_default.model.kernel import loops
from credit_default.model.kernel.group_tables import GroupTables
from credit_default.model.kernel.packed_trees import PackedTrees

RunLoop = Callable[..., Any]
Matrix = NDArray[np.float32]


class Kernel(Protocol):
    """What runs the loops, in several threads at once if need be."""

    @property
    def walk_trees(self) -> RunLoop:
        """Return what runs `loops.walk_trees`."""

    @property
    def add_up_tables(self) -> RunLoop:
        """Return what runs `loops.add_up_tables`."""


@dataclass(frozen=True, slots=True)
class _PlainLoops:
    walk_trees: RunLoop = loops.walk_trees
    add_up_tables: RunLoop = loops.add_up_tables


PLAIN_LOOPS: Final[Kernel] = _PlainLoops()


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Each row's sum over its leaves, and what was seen among the rows' values."""

    totals: NDArray[np.float64]
    saw_missing: bool
    saw_infinite: bool


def walk(
    kernel: Kernel, packed: PackedTrees, matrix: Matrix, *, start: float, divisor: float
) -> Walk:
    """Return what each row's leaves add up to, tree by tree, divided.

    Args:
        kernel: What runs the loop.
        packed: The trees.
        matrix: Features of shape (row count, feature count); NaN for missing.
        start: What each sum starts from.
        divisor: What it is divided by.
    """
    row_count, feature_count = matrix.shape
    totals = np.empty(row_count)
    seen = kernel.walk_trees(
        *_lay_out(matrix),
        row_count,
        feature_count,
        packed.columns,
        packed.thresholds,
        packed.left,
        packed.values,
        packed.roots,
        packed.depths,
        len(packed.left),
        len(packed.roots),
        start,
        divisor,
        np.zeros(loops.ROWS_AT_ONCE * 2 * feature_count, dtype=np.float32),
        np.zeros(loops.ROWS_AT_ONCE, dtype=np.uint32),
        totals,
    )
    return Walk(totals, bool(seen & loops.SAW_MISSING), bool(seen & loops.SAW_INFINITE))


def add_up(kernel: Kernel, tables: GroupTables, matrix: Matrix) -> NDArray[np.float64]:
    """Return what the tables of all groups add to each feature of each row.

    Args:
        kernel: What runs the loop.
        tables: The tables.
        matrix: Features of shape (row count, feature count); NaN for missing.

    Returns:
        Array of shape (row count, feature count).
    """
    added = np.zeros(matrix.shape)
    kernel.add_up_tables(
        *_lay_out(matrix),
        *matrix.shape,
        tables.group_count,
        tables.first_conditions,
        tables.condition_features,
        tables.lows,
        tables.highs,
        tables.meets_missing,
        tables.first_features,
        tables.features,
        tables.first_entries,
        tables.entries,
        np.zeros(loops.ROWS_LOOKED_UP_AT_ONCE * matrix.shape[1], dtype=np.float32),
        np.zeros(loops.ROWS_LOOKED_UP_AT_ONCE, dtype=np.uint32),
        added.reshape(-1),
    )
    return added


def _lay_out(matrix: Matrix) -> tuple[Matrix, int, int]:
    """Return the matrix as one flat array, and how far apart its rows and its columns are in it."""
    steps = tuple(stride // matrix.itemsize for stride in matrix.strides)
    if min(steps) < 0 or any(stride % matrix.itemsize for stride in matrix.strides):
        return _lay_out(np.ascontiguousarray(matrix))
    span = 1 + sum(step * (count - 1) for step, count in zip(steps, matrix.shape, strict=True))
    flat = np.lib.stride_tricks.as_strided(
        matrix, (max(0, span) if matrix.size else 0,), (matrix.itemsize,), writeable=False
    )
    row_step, column_step = steps
    return flat, row_step, column_step
