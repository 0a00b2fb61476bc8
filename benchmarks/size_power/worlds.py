"""Worlds to judge in: a right model, and eight planted defects at three strengths each.

A client's true log odds are N(-1.55, 1.15), the simulator's, and follow an AR(1) from month to month. The score is the true
probability wherever a world plants nothing. Worlds are drawn by a generator that the caller gives.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, ndtr, ndtri

from credit_default.gates.validation.sample import ScoredSample

MEAN, SPREAD, PERSISTENCE = -1.55, 1.15, 0.9
YOUNG_SHARE = 0.25
BANDS = tuple("ABCDEFG")
BAND_EDGES = (0.05, 0.10, 0.15, 0.20, 0.30, 0.50)


@dataclass(frozen=True)
class World:
    """What differs from a right model; at the defaults nothing does."""

    name: str = "right model"
    strength: float = 0.0
    level: float = 0.0  # true log odds over the score's
    slope: float = 1.0  # spread of the score's log odds over the true one
    lost_share: float = 0.0  # of the young clients, whose scores are mixed among themselves
    drift: float = 0.0  # rise of the true log odds against development
    seen_share: float = 1.0  # of that rise, which the score sees
    unknown_share: float = 0.0  # of the last month's payers, whose outcome has not come yet
    stale_share: float = 0.0  # of the last month's rows, which are those of the month before
    correlation: float = 0.0  # asset correlation of a month's defaults
    same_clients: bool = True  # in every month; else others each month


NULLS = (
    World("the same clients every month"),
    World("other clients every month", same_clients=False),
)
_DEFECTS = (
    ("level", "level", (0.05, 0.10, 0.20)),
    ("slope", "slope", (1.1, 1.2, 1.4)),
    ("rank lost in a segment", "lost_share", (0.1, 0.25, 0.5)),
    ("drift without loss", "drift", (0.05, 0.1, 0.2)),
    ("drift with loss", "drift", (0.1, 0.2, 0.4)),
    ("incomplete outcomes", "unknown_share", (0.1, 0.25, 0.5)),
    ("stale feed", "stale_share", (0.1, 0.5, 1.0)),
    ("correlated defaults", "correlation", (0.01, 0.04, 0.12)),
)


def list_defects() -> tuple[World, ...]:
    """Return every defect at every strength, the weakest first."""
    worlds = []
    for name, field, strengths in _DEFECTS:
        for strength in strengths:
            world = replace(NULLS[0], name=name, strength=strength, **{field: strength})
            worlds.append(replace(world, seen_share=0.5) if name == "drift with loss" else world)
    return tuple(worlds)


@dataclass(frozen=True)
class Rows:
    """Rows of some months, a client's in one order in each: arrays of shape (months, clients)."""

    client: np.ndarray
    true_odds: np.ndarray
    score_odds: np.ndarray
    young: np.ndarray
    age: np.ndarray
    code: np.ndarray
    outcome: np.ndarray  # 0, 1 or NaN


def draw_rows(
    generator: np.random.Generator, world: World, *, row_count: int, month_count: int
) -> Rows:
    """Draw months of one portfolio, `row_count` rows each."""
    shape = (month_count, row_count)
    noise = generator.normal(size=shape)
    stride = 0 if world.same_clients else row_count
    client = np.arange(row_count) + stride * np.arange(month_count)[:, None]
    state = noise.copy()
    if world.same_clients:
        for month in range(1, month_count):
            state[month] = (
                PERSISTENCE * state[month - 1] + np.sqrt(1 - PERSISTENCE**2) * noise[month]
            )
    odds = MEAN + world.drift + SPREAD * state
    score = MEAN + world.slope * (odds - world.drift * (1 - world.seen_share) - MEAN)
    kinds = shape if not world.same_clients else (1, row_count)

    def spread(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, shape)

    young = spread(generator.random(kinds) < YOUNG_SHARE)
    score = _lose_ranking(generator, score, young, world.lost_share)
    stale = generator.random(row_count) < world.stale_share
    if month_count > 1:
        score[-1, stale] = score[-2, stale]
    true = odds + world.level
    return Rows(
        client=client,
        true_odds=true,
        score_odds=score,
        young=young,
        age=spread(generator.normal(size=kinds)),
        code=spread(generator.integers(0, 4, kinds)),
        outcome=_draw_outcomes(generator, expit(true), world),
    )


def _lose_ranking(
    generator: np.random.Generator, score: np.ndarray, young: np.ndarray, share: float
) -> np.ndarray:
    chosen = young & (generator.random(young.shape[1]) < share)
    mixed = score.copy()
    for month in range(len(score)):
        lost = np.flatnonzero(chosen[month])
        mixed[month, lost] = score[month, generator.permutation(lost)]
    return mixed


def _draw_outcomes(
    generator: np.random.Generator, probability: np.ndarray, world: World
) -> np.ndarray:
    if world.correlation:
        factor = generator.normal(size=(len(probability), 1))
        shifted = ndtri(probability) - np.sqrt(world.correlation) * factor
        probability = ndtr(shifted / np.sqrt(1 - world.correlation))
    outcome = (generator.random(probability.shape) < probability).astype(float)
    late = (outcome[-1] == 0) & (generator.random(outcome.shape[1]) < world.unknown_share)
    outcome[-1, late] = np.nan
    return outcome


def draw_sample(
    generator: np.random.Generator, world: World, *, row_count: int, month_count: int
) -> ScoredSample:
    """Draw a scored sample with everything that the battery looks at."""
    rows = draw_rows(generator, world, row_count=row_count, month_count=month_count)
    probability = expit(rows.score_odds).ravel()
    odds = rows.score_odds.ravel()
    months = np.array([f"2026-{month + 1:02d}" for month in range(month_count)])
    declined = probability > 0.5  # noqa: PLR2004
    # One decision in twenty is changed by hand: exactly the policy's limit.
    changed = generator.random(len(odds)) < 0.05  # noqa: PLR2004
    return ScoredSample(
        probability,
        rows.outcome.ravel(),
        band=np.array(BANDS)[np.searchsorted(BAND_EDGES, probability)],
        band_order=BANDS,
        month=np.repeat(months, row_count),
        client_id=rows.client.ravel(),
        segments={"age group": np.where(rows.young, "young", "old").ravel()},
        variables={
            "payments": odds + 0.8 * generator.normal(size=len(odds)),
            "age": rows.age.ravel(),
            "code": rows.code.ravel().astype(float),
        },
        benchmark_probability=expit(odds + 0.5 * generator.normal(size=len(odds))),
        declined=declined,
        final_declined=declined ^ changed,
    )
