"""Shapley values of a model's risk against accepted clients: exact, and by another way than the system's.

For each leaf a row and a background row are two sets of met conditions, one condition a feature. What the leaf adds to a
feature follows from the two sets alone, so equal pairs of sets are computed once.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from verifier.model.archive import Thing, Tree
from verifier.model.risk import find_tree_terms, list_card_terms

_LEAF: Final = -1
_MOST_CONDITIONS: Final = 60  # of a leaf: one bit each


@dataclass(frozen=True, slots=True)
class Condition:
    """What a leaf asks of one feature: a value above `low` and at most `high`, and whether a missing one will do."""

    feature: int
    low: float
    high: float
    takes_missing: bool

    def meet(self, matrix: Any) -> Any:
        """Return for each row whether it meets the condition."""
        values = matrix[:, self.feature].astype(np.float64)
        found = (values > self.low) & (values <= self.high)
        return found | np.isnan(values) if self.takes_missing else found


def compute_contributions(estimator: Thing, family: str, matrix: Any, background: Any) -> Any:
    """Return what each feature adds to each row's risk, against the background rows: shape (rows, features)."""
    added = np.zeros(matrix.shape)
    for tree, values in find_tree_terms(estimator, family):
        for leaf, conditions in _list_leaves(tree):
            if values[leaf] and conditions:
                _add_leaf(added, conditions, float(values[leaf]), matrix, background)
    own = list_card_terms(estimator, family, matrix)
    if own is not None:
        added += own - list_card_terms(estimator, family, background).mean(axis=0)
    return added


def _list_leaves(tree: Tree) -> Iterable[tuple[int, tuple[Condition, ...]]]:
    """Yield each leaf with its conditions, one for each feature on its path."""
    nodes = tree.nodes
    waiting: list[tuple[int, Mapping[int, Condition]]] = [(0, {})]
    while waiting:
        node, met = waiting.pop()
        if nodes["left_child"][node] == _LEAF:
            yield node, tuple(met.values())
            continue
        feature, threshold = int(nodes["feature"][node]), float(nodes["threshold"][node])
        missing_left = bool(nodes["missing_go_to_left"][node])
        known = met.get(feature, Condition(feature, -math.inf, math.inf, takes_missing=True))
        left = Condition(
            feature, known.low, min(known.high, threshold), known.takes_missing and missing_left
        )
        right = Condition(
            feature, max(known.low, threshold), known.high, known.takes_missing and not missing_left
        )
        waiting.append((int(nodes["left_child"][node]), {**met, feature: left}))
        waiting.append((int(nodes["right_child"][node]), {**met, feature: right}))


def _add_leaf(
    added: Any, conditions: tuple[Condition, ...], value: float, matrix: Any, background: Any
) -> None:
    if len(conditions) > _MOST_CONDITIONS:
        raise ValueError(f"a leaf of {len(conditions)} features")
    patterns, places = np.unique(_find_patterns(conditions, matrix), return_inverse=True)
    others, counts = np.unique(_find_patterns(conditions, background), return_counts=True)
    shares = counts / len(background)
    table = np.zeros((len(patterns), len(conditions)))
    whole = (1 << len(conditions)) - 1
    for place, pattern in enumerate(patterns.tolist()):
        for other, share in zip(others.tolist(), shares.tolist(), strict=True):
            if pattern | other == whole and pattern != other:
                table[place] += (
                    value * share * _split(pattern & ~other, other & ~pattern, len(conditions))
                )
    added[:, [one.feature for one in conditions]] += table[places.ravel()]


def _find_patterns(conditions: tuple[Condition, ...], matrix: Any) -> Any:
    patterns = np.zeros(len(matrix), dtype=np.int64)
    for place, condition in enumerate(conditions):
        patterns |= condition.meet(matrix).astype(np.int64) << place
    return patterns


def _split(own: int, other: int, count: int) -> Any:
    """Return each condition's share: of those that the row alone meets, and, less than 0, that the other alone meets."""
    own_count, other_count = own.bit_count(), other.bit_count()
    whole = math.factorial(own_count + other_count)
    up = math.factorial(own_count - 1) * math.factorial(other_count) / whole if own_count else 0.0
    down = (
        math.factorial(own_count) * math.factorial(other_count - 1) / whole if other_count else 0.0
    )
    return np.array(
        [up if own >> place & 1 else -down if other >> place & 1 else 0.0 for place in range(count)]
    )
