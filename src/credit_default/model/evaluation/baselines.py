"""Simple baselines that a forest must beat: a scorecard, a small tree and the base rate.

They are fitted on the same features and the same development rows. A forest that is no better than
a model that fits on one page is not worth its complexity.
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
from credit_default.model.features.declaration import Feature, list_input_names
from credit_default.model.features.input_values import list_input_values
from credit_default.model.features.learn_features import build_matrix, learn_features


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
        "the share of defaults among the training rows, for every client",
        _build_base_rate,
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class BaselineScores:
    """A baseline and its default probabilities (0–1), in the order of the rows given."""

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
    """Fit each of `BASELINES` on the development rows and score the test rows with it.

    Args:
        development: Checked rows with outcomes; their order does not matter.
        test: The rows to score.
        schema: The schema of the rows.
        features: The features to choose from.
        include_protected: Whether features on protected attributes are included.
        seed: Seed of the estimators.

    Returns:
        One result per baseline, in the order of `BASELINES`.
    """
    chosen = choose_features(Recipe(include_protected=include_protected), features, schema=schema)
    ordered = sort_rows(development)
    inputs = list_input_values(schema, list_input_names(chosen))
    learned = learn_features(chosen, ordered, inputs=inputs, seed=seed)
    judged = build_matrix(learned.features, test, inputs=inputs)
    defaulted = ordered[OUTCOME].to_numpy().astype(np.int64)
    fitted = [
        fit_estimator(learned.matrix, defaulted, build=partial(baseline.build, seed))
        for baseline in BASELINES
    ]
    return tuple(
        BaselineScores(baseline, model.predict_proba(judged)[:, 1].astype(np.float64))
        for baseline, model in zip(BASELINES, fitted, strict=True)
    )
