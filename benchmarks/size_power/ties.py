"""Contests of two models: ties of five kinds, and challengers that are truly better at three strengths."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from credit_default.gates.promotion.paired_gains import PairedScores
from size_power.worlds import MEAN, SPREAD

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
_ODDS: Final = MEAN + SPREAD * _NODES
_MASS: Final = _WEIGHTS / _WEIGHTS.sum()
TIES: Final = ("noise", "level", "slope", "segment", "swapped noise")
NOISES: Final = (0.1, 0.2, 0.3)  # of a champion on the log odds, the challenger being right


@dataclass(frozen=True)
class _Errors:
    """What two equally good models add to the true log odds, and what they multiply it by."""

    champion: float
    challenger: float


def measure_loss(level: float, slope: float) -> float:
    """Return the expected log loss of a model with an error in level and slope."""
    seen = MEAN + level + slope * (_ODDS - MEAN)
    right = expit(_ODDS)
    loss = -right * np.log(expit(seen)) - (1 - right) * np.log(expit(-seen))
    return float((_MASS * loss).sum())


def _match(champion: float, *, is_slope: bool) -> float:
    """Return the error on the other side of the truth that loses as much."""
    if is_slope:
        loss = measure_loss(0.0, champion)
        return float(brentq(lambda slope: measure_loss(0.0, slope) - loss, 1.001, 2.0))
    loss = measure_loss(champion, 0.0 + 1.0)
    return float(brentq(lambda level: measure_loss(level, 1.0) - loss, 0.001, 1.0))


LEVELS: Final = _Errors(-0.10, _match(-0.10, is_slope=False))
SLOPES: Final = _Errors(0.93, _match(0.93, is_slope=True))


def draw_tie(generator: np.random.Generator, kind: str, row_count: int) -> PairedScores:
    """Draw outcomes and two models of which neither is better."""
    odds = MEAN + SPREAD * generator.normal(size=row_count)
    first_half = generator.random(row_count) < 0.5  # noqa: PLR2004
    champion, challenger = odds.copy(), odds.copy()
    if kind == "noise":
        shared = 0.2 * generator.normal(size=row_count)
        champion += shared + 0.1 * generator.normal(size=row_count)
        challenger += shared + 0.1 * generator.normal(size=row_count)
    elif kind == "level":
        champion, challenger = odds + LEVELS.champion, odds + LEVELS.challenger
    elif kind == "slope":
        champion = MEAN + SLOPES.champion * (odds - MEAN)
        challenger = MEAN + SLOPES.challenger * (odds - MEAN)
    elif kind == "segment":
        champion, challenger = odds + 0.2 * first_half, odds + 0.2 * ~first_half
    else:
        noise = 0.4 * generator.normal(size=row_count)
        champion, challenger = odds + noise * first_half, odds + noise * ~first_half
    return _build(generator, odds, champion, challenger)


def draw_better(generator: np.random.Generator, noise: float, row_count: int) -> PairedScores:
    """Draw a champion with noise on its log odds, and a challenger without."""
    odds = MEAN + SPREAD * generator.normal(size=row_count)
    champion = odds + noise * generator.normal(size=row_count)
    # As calibrated as noise allows, so that the challenger's gain is one of ranking.
    champion = MEAN + (champion - MEAN) * SPREAD**2 / (SPREAD**2 + noise**2)
    return _build(generator, odds, champion, odds)


def _build(
    generator: np.random.Generator, odds: np.ndarray, champion: np.ndarray, challenger: np.ndarray
) -> PairedScores:
    defaulted = (generator.random(len(odds)) < expit(odds)).astype(np.int64)
    return PairedScores(defaulted, expit(champion), expit(challenger))
