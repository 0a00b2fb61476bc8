"""Measure how much the model would change with another draw of clients.

Refits on parts of the development rows are compared with the model on the test side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, Schema
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.declaration import Feature
from credit_default.model.statistics.bootstrap import measure_roc_auc, rank_probabilities

_SEED_STEP: Final = 1_000  # keeps refits' seeds apart from those of cross-validation


@dataclass(frozen=True, slots=True)
class StabilityPolicy:
    """How many refits are made, and on what share of the development clients.

    Raises:
        InputError: a share outside 0–1, or a negative count.
    """

    refit_count: int = 2  # 0: stability is not measured
    client_share: float = 0.8

    def __post_init__(self) -> None:
        if not (0 < self.client_share < 1 and self.refit_count >= 0):
            found = f"{self.refit_count} refits on {self.client_share} of the clients"
            raise InputError(
                "stability",
                found=found,
                expected="a count of 0 or more, and a share between 0 and 1",
                remedy="Correct the stability policy.",
            )


@dataclass(frozen=True, slots=True)
class RefitStability:
    """How far the refits are from the model on the same unseen rows; shares are 0–1."""

    refit_count: int
    lowest_roc_auc: float | None  # None where the rows have one outcome only
    highest_roc_auc: float | None
    mean_difference: float  # absolute, of a client's probability, over clients and refits
    high_difference: float  # the 95 % quantile of these differences
    changed_decision_share: float  # of the decisions, over refits


def measure_refit_stability(
    bundle: ModelBundle,
    development: pl.DataFrame,
    test: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    policy: StabilityPolicy | None = None,
    job_count: int = 1,
) -> RefitStability | None:
    """Return how stable the model is under refits; None when the policy asks for none.

    Each refit leaves out another part of the development clients and uses another seed; a client's
    months stay together. The same rows give the same result, in any order.

    Args:
        bundle: The model.
        development: Checked development rows with outcomes.
        test: Checked test rows with outcomes.
        schema: The schema of the rows.
        features: The features offered to the recipe.
        policy: Number and size of the refits; None for the default.
        job_count: Cores to fit with; -1 for all.
    """
    policy = policy or StabilityPolicy()
    if not policy.refit_count:
        return None
    score_refit = partial(
        _score_refit,
        bundle,
        development,
        test,
        schema=schema,
        features=features,
        policy=policy,
        job_count=job_count,
    )
    refits = [score_refit(number) for number in range(policy.refit_count)]
    return _compare_refits(bundle, test, refits)


def _compare_refits(
    bundle: ModelBundle, test: pl.DataFrame, refits: Sequence[NDArray[np.float64]]
) -> RefitStability:
    base = score_probability(bundle, test)
    differences = np.abs(np.stack(refits) - base)
    threshold = bundle.decision_policy.threshold
    changed = (np.stack(refits) >= threshold) != (base >= threshold)
    areas = _measure_areas(test[OUTCOME].to_numpy().astype(np.int64), refits)
    return RefitStability(
        refit_count=len(refits),
        lowest_roc_auc=min(areas, default=None),
        highest_roc_auc=max(areas, default=None),
        mean_difference=float(differences.mean()),
        high_difference=float(np.quantile(differences, 0.95)),
        changed_decision_share=float(changed.mean()),
    )


def _score_refit(
    bundle: ModelBundle,
    development: pl.DataFrame,
    test: pl.DataFrame,
    number: int,
    *,
    policy: StabilityPolicy,
    **how: Any,
) -> NDArray[np.float64]:
    seed = bundle.recipe.seed + _SEED_STEP * (number + 1)
    clients = development[CLIENT_ID].unique().sort()
    drawn = clients.sample(max(1, round(policy.client_share * len(clients))), seed=seed)
    refit = fit(
        replace(bundle.recipe, seed=seed),
        development.filter(pl.col(CLIENT_ID).is_in(drawn.implode())),
        decision_policy=bundle.decision_policy,
        **how,
    )
    return score_probability(refit, test)


def _measure_areas(
    defaulted: NDArray[np.int64], scores: Sequence[NDArray[np.float64]]
) -> list[float]:
    if not 0 < defaulted.sum() < len(defaulted):
        return []
    ones = np.ones((1, len(defaulted)))
    return [
        float(measure_roc_auc(ones, defaulted=defaulted, ranked=rank_probabilities(score))[0])
        for score in scores
    ]
