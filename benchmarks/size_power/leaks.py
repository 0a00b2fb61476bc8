"""Portfolios without and with an input that knows the outcome, and whether the leak test of the promotion gate rings."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier

from credit_default.gates.promotion.leak_check import check_leaks
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.evaluation.plain_rivals import score_plain_rivals
from credit_default.model.statistics.bootstrap import (
    measure_roc_auc,
    rank_probabilities,
)

Columns = dict[str, np.ndarray]
ROW_COUNTS: Final = (600, 2_000, 6_000)
POLICY: Final = PromotionPolicy()
_TEST_SHARE: Final = 0.2
_SETTLED_SHARE: Final = 0.6
_FEWEST_OUTCOMES: Final = 2


def _draw_weak(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """Twelve inputs that say a little each; all together rank by some .77."""
    inputs = generator.normal(size=(count, 12))
    return _name(inputs), -1.6 + inputs @ np.linspace(0.05, 0.55, 12)


def _draw_gap(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """Home equity loans: one input, missing where it is bad news, ranks by .83 alone, the others by .89."""
    columns, _ = _draw_weak(generator, count)
    others = np.column_stack([*columns.values()])
    hidden = generator.random(count) < expit(-2.2 + 0.9 * others[:, 11])
    ratio = generator.normal(34, 8, count)
    odds = -4.2 + 5.0 * hidden + 0.12 * (ratio - 34) + others @ np.linspace(0.1, 1.1, 12)
    return columns | {"ratio": np.where(hidden, np.nan, ratio)}, odds


def _draw_score(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """A bureau's score that ranks by .77, and little else."""
    columns, odds = _draw_weak(generator, count)
    score = np.round(generator.normal(680, 60, count))
    return columns | {"score": score}, -0.8 + 0.4 * odds - 0.022 * (score - 680)


def _draw_late(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """Months late of six statements that hang together; the newest ranks by some .80."""
    state = generator.normal(size=count)
    months = [
        np.clip(np.floor(1.5 * (state + 0.35 * generator.normal(size=count))), 0, 8)
        for _ in range(6)
    ]
    return {f"late_{n}": month for n, month in enumerate(months)}, -3.2 + 2.4 * state


def _draw_rare(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """One default in twenty-five, by counts and amounts with long tails."""
    inputs = generator.lognormal(0, 1, (count, 8))
    late = generator.poisson(0.3, count)
    odds = -8.6 + 1.4 * late + np.log1p(inputs) @ np.linspace(0.2, 1.6, 8)
    return _name(inputs) | {"late": late.astype(float)}, odds


def _draw_clear(generator: np.random.Generator, count: int) -> tuple[Columns, np.ndarray]:
    """Inputs that together nearly decide, as honest models of home equity loans do: some .97."""
    inputs = generator.normal(size=(count, 12))
    return _name(inputs), -4.0 + inputs @ np.linspace(0.6, 2.2, 12)


def _name(inputs: np.ndarray) -> Columns:
    return {f"x{place}": inputs[:, place] for place in range(inputs.shape[1])}


HONEST: Final[Mapping[str, Callable[[np.random.Generator, int], tuple[Columns, np.ndarray]]]] = {
    "many weak inputs": _draw_weak,
    "an input missing where it is bad news": _draw_gap,
    "a bureau score and little else": _draw_score,
    "months late that hang together": _draw_late,
    "a rare outcome": _draw_rare,
    "inputs that nearly decide": _draw_clear,
}


def _copy(error: float) -> Callable[[np.random.Generator, np.ndarray], np.ndarray]:
    return lambda generator, bad: np.where(generator.random(len(bad)) < error, 1 - bad, bad)


def _number(generator: np.random.Generator, bad: np.ndarray) -> np.ndarray:
    """A row number of a file that was sorted by outcome, in which one row in fifty was put elsewhere."""
    key = _copy(0.02)(generator, bad) + generator.random(len(bad))
    return np.argsort(np.argsort(key)).astype(float)


def _recover(generator: np.random.Generator, bad: np.ndarray) -> np.ndarray:
    """What was recovered of a loan: nothing of six in ten that were paid or are not settled yet."""
    settled = generator.random(len(bad)) < _SETTLED_SHARE
    return np.where((bad == 1) & settled, np.round(generator.lognormal(7, 1, len(bad))), 0.0)


def _hide(generator: np.random.Generator, bad: np.ndarray) -> np.ndarray:
    """A date of the last payment that is empty for six in ten of the defaults, and never else."""
    hidden = (bad == 1) & (generator.random(len(bad)) < _SETTLED_SHARE)
    return np.where(hidden, np.nan, generator.integers(0, 400, len(bad)))


LEAKS: Final[Mapping[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]]] = {
    "the outcome itself": _copy(0.0),
    "a copy, 2% wrong": _copy(0.02),
    "a copy, 5% wrong": _copy(0.05),
    "a copy, 10% wrong": _copy(0.10),
    "a row number of a sorted file": _number,
    "an amount known afterwards": _recover,
    "a value missing for defaults only": _hide,
}


def ring(
    generator: np.random.Generator,
    row_count: int,
    *,
    form: str = "many weak inputs",
    leak: str = "",
) -> bool | None:
    """Return whether the leak test rang on a forest of one drawn portfolio; None where there was too little."""
    columns, odds = HONEST[form](generator, row_count)
    bad = (generator.random(row_count) < expit(odds)).astype(np.int64)
    if leak:
        columns["leak"] = LEAKS[leak](generator, bad).astype(float)
    return ring_on_rows(columns, bad)


def ring_on_rows(columns: Columns, bad: np.ndarray) -> bool | None:
    """Return whether the leak test rings; the last fifth of the rows is the test side."""
    count = len(bad)
    rows = (
        pl.DataFrame(columns)
        .with_columns(pl.all().fill_nan(None))
        .with_columns(
            pl.Series("client_id", [f"C{n:06d}" for n in range(count)]),
            pl.lit("2000-01").alias("statement_month"),
            pl.Series("defaulted", bad),
        )
    )
    size = round(count * (1 - _TEST_SHARE))
    development, test = rows[:size], rows[size:]
    defaulted = bad[size:]
    if min(defaulted.sum(), len(defaulted) - defaulted.sum()) < _FEWEST_OUTCOMES:
        return None
    rivals = score_plain_rivals(
        development, test, inputs=[*columns], strong_from=POLICY.highest_input_roc_auc
    )
    matrix = np.column_stack([*columns.values()])
    forest = RandomForestClassifier(50, max_depth=10, min_samples_leaf=10, random_state=0)
    model = forest.fit(matrix[:size], bad[:size]).predict_proba(matrix[size:])[:, 1]
    area = measure_roc_auc(
        np.ones((1, len(model))), defaulted=defaulted, ranked=rank_probabilities(model)
    )[0]
    found = check_leaks(model, rivals, policy=POLICY)
    return bool(found.fault) or bool(area >= POLICY.highest_roc_auc)
