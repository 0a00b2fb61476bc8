"""What the inputs say as they are: plain boosting on all of them, and a small tree on each one alone.

No feature is computed, so that a model which knows more than its inputs stands out beside them, and
an input that knows the outcome stands out among them (`gates/promotion/leak_check.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.statistics.auc_placements import measure_placements

_MOST_ROWS: Final = 30_000  # learnt from: more rows would cost time and change no decision
_LEAF_COUNT: Final = 32  # ranges into which one input is divided
_LEAST_LEAF: Final = 10  # rows of a range, on the development side
_CERTAIN: Final = 0.99  # share of one outcome from which a range counts as certain
# An outcome that more rows have is certain in wide ranges of honest inputs too.
_LARGEST_SHARE: Final = 0.6
_SHOWN_COUNT: Final = 3


@dataclass(frozen=True, slots=True)
class CertainRanges:
    """The ranges of one input in which practically every development row has the same outcome.

    Attributes:
        outcome: That outcome, 0 or 1.
        description: The ranges in words, such as "above 0".
        held_count: Test rows with that outcome in the ranges.
        outcome_count: Test rows with that outcome, in and out of them.
        certain_share: Share of the test rows in the ranges that have the outcome, 0-1.
    """

    outcome: int
    description: str
    held_count: int
    outcome_count: int
    certain_share: float

    @property
    def held_share(self) -> float:
        """Return the share (0-1) of the test rows with the outcome that the ranges hold."""
        return self.held_count / max(1, self.outcome_count)


@dataclass(frozen=True, slots=True, eq=False)
class SingleInput:
    """What one input alone says of the test rows, by a tree fitted on the development rows."""

    name: str
    roc_auc: float
    default_probability: NDArray[np.float64]
    certain: tuple[CertainRanges, ...]  # of each outcome, where there are any


@dataclass(frozen=True, slots=True, eq=False)
class PlainRivals:
    """Probabilities (0-1) of the test rows by models on the inputs as they are, in row order.

    Attributes:
        defaulted: The test rows' outcomes, 0 or 1.
        boosting: Plain boosting on all inputs.
        inputs: Each input alone, the one that ranks best first.
        without: Plain boosting without an input, by its name, for each that ranks well alone, and
            without all of these, by "".
    """

    defaulted: NDArray[np.int64]
    boosting: NDArray[np.float64]
    inputs: tuple[SingleInput, ...]
    without: dict[str, NDArray[np.float64]]


def score_plain_rivals(
    development: pl.DataFrame,
    test: pl.DataFrame,
    *,
    inputs: Sequence[str],
    strong_from: float,
    seed: int = 0,
) -> PlainRivals:
    """Fit the rivals on the development rows and score the test rows with them.

    Args:
        development: Checked rows with outcomes; their order does not matter.
        test: The rows to score, with both outcomes.
        inputs: The inputs that the model uses.
        strong_from: ROC AUC (0-1) from which an input that ranks alone is also left out, to see how
            the others rank without it.
        seed: Seed of the estimators.
    """
    from threadpoolctl import threadpool_limits

    ordered = sort_rows(development)
    ordered = ordered.gather_every(max(1, ceil(ordered.height / _MOST_ROWS)))
    learned, judged = (_build_matrix(rows, inputs) for rows in (ordered, test))
    outcomes, defaulted = (rows[OUTCOME].to_numpy().astype(np.int64) for rows in (ordered, test))

    def boost(left_out: Sequence[str]) -> NDArray[np.float64]:
        kept = [place for place, name in enumerate(inputs) if name not in left_out]
        model = _build_boosting(seed).fit(learned[:, kept], outcomes)
        scored: NDArray[np.float64] = model.predict_proba(judged[:, kept])[:, 1]
        return scored

    # Asked for once: to find the libraries' threads takes as long as to fit a small tree.
    with threadpool_limits(limits=1):
        alone = [
            _score_single_input(
                name, (learned[:, [place]], judged[:, [place]]), (outcomes, defaulted), seed=seed
            )
            for place, name in enumerate(inputs)
        ]
        alone.sort(key=lambda single: (-single.roc_auc, single.name))
        return PlainRivals(
            defaulted, boost(()), tuple(alone), _score_without(alone, strong_from, boost)
        )


def _build_matrix(rows: pl.DataFrame, inputs: Sequence[str]) -> NDArray[np.float32]:
    columns = rows.select(pl.col(inputs).cast(pl.Float32).fill_null(np.nan))
    matrix: NDArray[np.float32] = columns.to_numpy()
    return matrix


def _score_without(
    alone: Sequence[SingleInput], strong_from: float, boost: Any
) -> dict[str, NDArray[np.float64]]:
    strong = [single.name for single in alone if single.roc_auc >= strong_from]
    left_out: dict[str, tuple[str, ...]] = {name: (name,) for name in strong[:_SHOWN_COUNT]}
    if len(strong) > 1:
        left_out[""] = tuple(strong)
    return {key: boost(names) for key, names in left_out.items() if len(names) < len(alone)}


def _score_single_input(
    name: str,
    columns: tuple[NDArray[np.float32], NDArray[np.float32]],
    outcomes: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    seed: int,
) -> SingleInput:
    """Return what the test column says by a tree on the development column."""
    (learned, judged), (known, defaulted) = columns, outcomes
    tree = _build_tree(known, seed).fit(learned, known)
    probability = tree.predict_proba(judged)[:, 1].astype(np.float64)
    leaves = tree.apply(learned), tree.apply(judged)
    found = (
        _find_certain_ranges(learned[:, 0], leaves, outcomes, outcome=outcome)
        for outcome in (0, 1)
        if (known == outcome).mean() <= _LARGEST_SHARE
    )
    return SingleInput(
        name,
        _measure_roc_auc(defaulted, probability),
        probability,
        tuple(ranges for ranges in found if ranges),
    )


def _measure_roc_auc(defaulted: NDArray[np.int64], probability: NDArray[np.float64]) -> float:
    """Return the ROC AUC (0-1); that of chance where the rows have one outcome only."""
    if defaulted.min() == defaulted.max():
        return 0.5
    return float(measure_placements(defaulted, probability)[defaulted == 1].mean())


def _build_boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=100,
        max_leaf_nodes=15,
        l2_regularization=10,
        early_stopping=False,
        random_state=seed,
    )


def _build_tree(known: NDArray[np.int64], seed: int) -> Any:
    """Build a tree whose leaves are small enough for an eighth of the rarer outcome."""
    from sklearn.tree import DecisionTreeClassifier

    rarer_count = int(min(known.sum(), len(known) - known.sum()))
    return DecisionTreeClassifier(
        max_leaf_nodes=_LEAF_COUNT,
        min_samples_leaf=max(_LEAST_LEAF, min(len(known) // 200, rarer_count // 8)),
        random_state=seed,
    )


def _find_certain_ranges(
    learned: NDArray[np.float32],
    leaves: tuple[NDArray[np.int64], NDArray[np.int64]],
    outcomes: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    outcome: int,
) -> CertainRanges | None:
    """Return the leaves in which the development rows have the outcome, as the test rows see them."""
    counts, held = (
        np.bincount(leaves[0], weights=weights) for weights in (None, outcomes[0] == outcome)
    )
    certain = np.flatnonzero((counts > 0) & (held >= _CERTAIN * counts))
    in_ranges = np.isin(leaves[1], certain)
    if not in_ranges.any():
        return None
    has_outcome = outcomes[1] == outcome
    return CertainRanges(
        outcome,
        _describe_ranges([learned[leaves[0] == leaf] for leaf in certain]),
        int(has_outcome[in_ranges].sum()),
        int(has_outcome.sum()),
        float(has_outcome[in_ranges].mean()),
    )


def _describe_ranges(ranges: Sequence[NDArray[np.float32]]) -> str:
    """Return the values of the ranges in words: the fullest first, at most three."""
    shown = sorted(
        ranges, key=lambda values: (-len(values), float(np.nanmin(values, initial=np.inf)))
    )
    words = ", ".join(map(_describe_range, shown[:_SHOWN_COUNT]))
    rest = len(ranges) - _SHOWN_COUNT
    return f"{words} and {rest} more" if rest > 0 else words


def _describe_range(values: NDArray[np.float32]) -> str:
    numbers = values[np.isfinite(values)]
    if not len(numbers):
        return "not stated"
    low, high = float(numbers.min()), float(numbers.max())
    stated = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return stated if len(numbers) == len(values) else f"{stated} or not stated"
