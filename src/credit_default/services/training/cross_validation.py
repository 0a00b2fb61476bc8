"""Cross-validate a recipe: out-of-fold probabilities for fixed draws of folds, cached by what they were computed from."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME
from credit_default.model.estimator.digest import digest_recipe_and_rows
from credit_default.model.estimator.fitting import OutOfFold, cross_validate
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.model.features.declaration import Feature
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.fold_cache import find_folds, save_folds
from credit_default.services.training.training_rows import TrainingRows

_LOG = logging.getLogger(__name__)

FOLD_COUNT: Final = 5
# Fixed beforehand: a figure in a document is the mean over these draws of folds.
FOLD_SEEDS: Final = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """One evaluation of pooled out-of-fold probabilities for each seed of `FOLD_SEEDS`."""

    evaluations: tuple[Evaluation, ...]

    def average(self) -> Mapping[str, float]:
        """Return each metric's mean over the seeds."""
        count = len(self.evaluations)
        return {
            name: sum(evaluation.metrics[name].value for evaluation in self.evaluations) / count
            for name in self.evaluations[0].metrics
        }


def cross_validate_challenger(
    wiring: Wiring, challenger: Challenger, training: TrainingRows
) -> CrossValidation:
    """Evaluate the challenger's recipe on all rows, each scored by a forest that did not see it."""
    rows = training.rows.sort(KEY)
    defaulted, recipe = rows[OUTCOME].to_numpy(), challenger.bundle.recipe
    evaluations = []
    for seed in FOLD_SEEDS:
        out_of_fold = cross_validate_recipe(wiring, recipe, rows, seed=seed)
        policy = wiring.settings.decision
        evaluations.append(
            evaluate(
                defaulted,
                out_of_fold.default_probability,
                policy=policy,
                seed=seed,
                clients=rows[CLIENT_ID].to_numpy(),
            )
        )
    _LOG.info(
        "cross-validated challenger digest=%s row_count=%d draw_count=%d",
        challenger.bundle.digest[:12],
        rows.height,
        len(FOLD_SEEDS),
    )
    return CrossValidation(tuple(evaluations))


def cross_validate_recipe(
    wiring: Wiring,
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    seed: int,
    features: tuple[Feature, ...] | None = None,
) -> OutOfFold:
    """Return a recipe's out-of-fold probabilities, from the cache when they were computed before.

    Args:
        wiring: The portfolio, the cache and the number of jobs.
        recipe: The recipe. The forest draws by the recipe's seed plus `seed`, so another draw of
            folds is another draw of trees too.
        rows: Rows with outcomes, sorted by key.
        seed: The draw of folds.
        features: The recipe's own features; None means the portfolio's.
    """
    recipe = replace(recipe, seed=recipe.seed + seed)
    schema, features = wiring.schema, features or wiring.portfolio.features
    cache = wiring.settings.cache
    name = digest_recipe_and_rows(
        recipe, rows, schema=schema, features=features, fold_count=FOLD_COUNT, seed=seed
    )
    if (cached := find_folds(cache, name)) is not None:
        _LOG.debug("found cached folds name=%s", name)
        return cached
    folds = cross_validate(
        recipe,
        rows,
        schema=schema,
        features=features,
        fold_count=FOLD_COUNT,
        seed=seed,
        job_count=wiring.settings.jobs,
    )
    return save_folds(cache, name, folds)
