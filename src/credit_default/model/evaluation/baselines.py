"""The simple models that a forest has to beat to be worth its trouble: a scorecard, a small tree, the base rate.

They learn from the same features on the same side. A forest that does not beat what fits on a page should not be seated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.model.estimator.digest import sort_rows
from credit_default.model.estimator.recipe_pipeline import Recipe, choose_features
from credit_default.model.evaluation.cross_validation import fit_estimator
from credit_default.model.evaluation.reference_models import SCORECARD, Family
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import Feature, describe_features


def _build_tree(seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=3, min_samples_leaf=50, random_state=seed)


def _build_base_rate(_seed: int) -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


BASELINES: Final = (
    SCORECARD,
    Family("small tree", "one decision tree of depth 3", _build_tree),
    Family(
        "base rate",
        "the share of defaults among the rows learned from, for everybody",
        _build_base_rate,
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class BaselineScores:
    """A rival, and its default probabilities (0-1) for the rows given, in their order."""

    family: Family
    default_probability: NDArray[np.float64]


def score_baselines(
    development: pl.DataFrame,
    test: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    include_protected: bool = False,
    seed: int = 0,
) -> tuple[BaselineScores, ...]:
    """Each of `RIVALS`, fitted on the development rows with their outcomes, on the test rows.

    The order of the development rows changes nothing.
    """
    spec = describe_features(
        choose_features(Recipe(include_protected=include_protected), features, schema=schema)
    )
    ordered = sort_rows(development)
    learned, judged = build_features(ordered, spec=spec), build_features(test, spec=spec)
    defaulted = ordered[OUTCOME].to_numpy().astype(np.int64)
    fitted = [
        fit_estimator(learned, defaulted, build=partial(rival.build, seed)) for rival in BASELINES
    ]
    return tuple(
        BaselineScores(rival, model.predict_proba(judged)[:, 1].astype(np.float64))
        for rival, model in zip(BASELINES, fitted, strict=True)
    )
