"""Cross-validate a recipe on a fixed draw of folds, and cache the out-of-fold probabilities by what they were computed from.

The digest is of recipe, rows, features and folds (`model.estimator.digest.digest_recipe_and_rows`), so an entry is never
out of date.
"""

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.model.estimator.digest import digest_recipe_and_rows
from credit_default.model.estimator.fitting import OutOfFold, cross_validate
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.features.declaration import Feature
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)

FOLD_COUNT: Final = 5


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


def find_folds(cache: str, name: str) -> OutOfFold | None:
    """Return the probabilities that are cached under the digest, or None.

    Args:
        cache: The cache folder (setting `cache`).
        name: The digest.
    """
    path = _build_cache_path(cache, name)
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        return OutOfFold(stored["default_probability"], stored["fold"])


def save_folds(cache: str, name: str, folds: OutOfFold) -> OutOfFold:
    """Cache the probabilities under the digest and return them; the file appears as a whole."""
    path = _build_cache_path(cache, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(partial, default_probability=folds.default_probability, fold=folds.fold)
    partial.replace(path)
    return folds


def _build_cache_path(cache: str, name: str) -> Path:
    return resolve_folder(cache, thing="setting cache") / "folds" / f"{name}.npz"
