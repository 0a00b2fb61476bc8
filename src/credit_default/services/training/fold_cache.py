"""Cache out-of-fold probabilities on disk, by the digest of what they were computed from.

The digest is of recipe, rows, features and folds (`model.estimator.digest.digest_recipe_and_rows`), so an entry is never
out of date.
"""

import os
from pathlib import Path

import numpy as np

from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.model.estimator.fitting import OutOfFold


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
