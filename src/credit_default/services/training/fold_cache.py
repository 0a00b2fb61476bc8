"""Out-of-fold probabilities kept by the digest of what they came from: recipe, rows, features, folds."""

import os
from pathlib import Path

import numpy as np

from credit_default.model.estimator.fitting import OutOfFold
from credit_default.services.context.wiring import Wiring


def find_folds(wiring: Wiring, name: str) -> OutOfFold | None:
    """The probabilities kept under that digest, or None when they were not computed yet."""
    path = _build_cache_path(wiring, name)
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        return OutOfFold(stored["default_probability"], stored["fold"])


def save_folds(wiring: Wiring, name: str, folds: OutOfFold) -> OutOfFold:
    """The same probabilities, after they stand under that digest, whole or not at all."""
    path = _build_cache_path(wiring, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez_compressed(neighbour, default_probability=folds.default_probability, fold=folds.fold)
    neighbour.replace(path)
    return folds


def _build_cache_path(wiring: Wiring, name: str) -> Path:
    return Path(wiring.settings.cache) / "folds" / f"{name}.npz"
