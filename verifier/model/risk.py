"""Compute the risk of feature rows by a bundle's arrays: trees, points, blends, and the calibration line.

Bits matter: sums go tree by tree in the order of the archive, exponentials and logarithms of single numbers are those of
the C library, as the standard library's `math` calls them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from verifier.model.archive import Thing, Tree
from verifier.model.features import NotJudgedError

_LEAF: Final = -1
_DEFAULTED: Final = 1
_ADDED_ROWS: Final = 20
_POINTS_PER_LOG_ODDS: Final = 20 / np.log(2)
_CLIP: Final = 1e-6
_NEAR_HALF: Final = (0.3, 0.65)  # where log odds are taken by two logarithms of 1 + x
_FORESTS: Final = ("forest", "extra-trees")


def measure_risk(estimator: Thing, family: str, matrix: Any, *, member: bool = False) -> Any:
    """Return each row's risk: a probability of forests by themselves, log odds of all others.

    Args:
        estimator: The fitted estimator.
        family: Its family, as the recipe names it.
        matrix: Feature rows, float32.
        member: Whether it is a member of a blend, whose forests vote with log odds.

    Raises:
        NotJudgedError: The estimator is the lender's own.
    """
    if family in _FORESTS and not member:
        trees = list_trees(estimator)
        found = _add_up(trees, [tree.values[:, 0, _DEFAULTED] for tree in trees], matrix)
        return found / float(len(trees))
    if family in _FORESTS:
        trees = list_trees(estimator)
        return _add_up(trees, [_measure_leaves(tree) / len(trees) for tree in trees], matrix)
    if family == "boosting":
        trees = estimator["trees_"]
        values = [tree.values[:, 0, 0] for tree in trees]
        return _add_up(trees, values, matrix, start=estimator["baseline_"])
    if family == "scorecard":
        return estimator["intercept_"] + list_terms(estimator, matrix).sum(axis=1)
    if family == "blend":
        columns = [
            measure_risk(one, described["family"], matrix, member=True)
            for described, one in zip(estimator["members"], estimator["members_"], strict=True)
        ]
        return (np.column_stack(columns) * estimator["weights_"]).sum(axis=1)
    raise NotJudgedError(f"its estimator is {family}, a lender's own")


def measure_probability(
    estimator: Thing, family: str, matrix: Any, *, calibration: Mapping[str, float] | None
) -> Any:
    """Return each row's probability of default, after the calibration line where there is one."""
    if not len(matrix):
        return np.empty(0)
    risk = measure_risk(estimator, family, matrix)
    probability = risk if family in _FORESTS else expit(risk)
    if calibration is None:
        return probability
    return apply_line(probability, calibration)


def apply_line(probability: Any, line: Mapping[str, float]) -> Any:
    """Return probabilities after a calibration line on their log odds."""
    clipped = np.clip(np.ascontiguousarray(probability), _CLIP, 1 - _CLIP)
    odds = np.log(clipped / (1 - clipped))
    return expit(line["intercept"] + line["slope"] * odds)


def list_trees(estimator: Thing) -> list[Tree]:
    """Return the trees of a forest, in its order."""
    return [member["tree_"] for member in estimator["estimators_"]]


def list_terms(card: Thing, matrix: Any) -> Any:
    """Return what each feature of a scorecard adds to the log odds of each row."""
    terms = []
    for column, edges, points in zip(
        np.asarray(matrix, np.float64).T, card["edges_"], card["points_"], strict=True
    ):
        bins = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column))
        terms.append(points[bins])
    return np.column_stack(terms) / _POINTS_PER_LOG_ODDS


def find_tree_terms(
    estimator: Thing, family: str, *, member: bool = False
) -> list[tuple[Tree, Any]]:
    """Return the trees whose leaves add up to the risk, each with what its nodes add."""
    if family in _FORESTS:
        trees = list_trees(estimator)
        if member:
            return [(tree, _measure_leaves(tree) / len(trees)) for tree in trees]
        return [(tree, tree.values[:, 0, _DEFAULTED] / len(trees)) for tree in trees]
    if family == "boosting":
        return [(tree, tree.values[:, 0, 0]) for tree in estimator["trees_"]]
    return [
        (tree, weight * values)
        for weight, name, one in _list_members(estimator, family)
        for tree, values in find_tree_terms(one, name, member=True)
    ]


def list_card_terms(estimator: Thing, family: str, matrix: Any) -> Any:
    """Return what each feature adds alone, as the points of scorecards do; None where none does."""
    if family == "scorecard":
        return list_terms(estimator, matrix)
    found = [
        weight * list_terms(one, matrix)
        for weight, name, one in _list_members(estimator, family)
        if name == "scorecard"
    ]
    return sum(found) if found else None


def _list_members(estimator: Thing, family: str) -> list[tuple[float, str, Thing]]:
    if family != "blend":
        return []
    names = [described["family"] for described in estimator["members"]]
    return list(zip(estimator["weights_"].tolist(), names, estimator["members_"], strict=True))


def find_leaves(tree: Tree, matrix: Any) -> Any:
    """Return the leaf that each row falls into.

    A row goes left where its value, a 32-bit number, is at most the threshold, a 64-bit one; a missing value goes where
    the node says.
    """
    nodes = tree.nodes
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    threshold, missing_left = nodes["threshold"], nodes["missing_go_to_left"].astype(bool)
    places = np.zeros(len(matrix), dtype=np.int64)
    moving = np.flatnonzero(left[places] != _LEAF)
    for _ in range(len(nodes)):
        if not len(moving):
            return places
        at = places[moving]
        values = matrix[moving, feature[at]].astype(np.float64)
        goes_left = np.where(np.isnan(values), missing_left[at], values <= threshold[at])
        places[moving] = np.where(goes_left, left[at], right[at])
        moving = moving[left[places[moving]] != _LEAF]
    raise ValueError("a tree that goes round in circles")


def expit(log_odds: Any) -> Any:
    """Return 1 / (1 + exp(-x)) of each number, by the C library's exp."""
    return np.array([_expit(value) for value in np.asarray(log_odds).tolist()], dtype=np.float64)


def logit(probability: Any) -> Any:
    """Return the log odds of each number, by the C library's log and log1p."""
    return np.array([_logit(value) for value in np.asarray(probability).tolist()])


def _expit(value: float) -> float:
    try:
        return 1.0 / (1.0 + math.exp(-value))
    except OverflowError:
        return 0.0


def _logit(value: float) -> float:
    if value in {0.0, 1.0}:
        return math.copysign(math.inf, value - 1 / 2)
    if value < _NEAR_HALF[0] or value > _NEAR_HALF[1]:
        return math.log(value / (1 - value))
    distance = 2 * (value - 1 / 2)
    return math.log1p(distance) - math.log1p(-distance)


def _measure_leaves(tree: Tree) -> Any:
    share, rows = tree.values[:, 0, _DEFAULTED], tree.nodes["weighted_n_node_samples"]
    return logit((share * rows + share[0] * _ADDED_ROWS) / (rows + _ADDED_ROWS))


def _add_up(trees: Sequence[Tree], values: Iterable[Any], matrix: Any, start: float = 0.0) -> Any:
    total = np.full(len(matrix), start)
    for tree, held in zip(trees, values, strict=True):
        total += held[find_leaves(tree, matrix)]
    return total
