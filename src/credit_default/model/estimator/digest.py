"""Canonical digests of a model, of rows and of keys: equal content gives equal digests everywhere.

Files cannot be compared this way: a zip archive carries its date and a saved forest its job count.
What is digested is therefore what decides a score: tree arrays, parameters, features and policy.
Numbers are digested as little-endian bytes, text as its length and UTF-8 bytes.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH, Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, Recipe
from credit_default.model.families.find_family import find_family
from credit_default.model.families.own.own_family import pin_recipe
from credit_default.model.families.recipe import describe_recipe
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import Feature, describe_features

_FORMAT: Final = "credit-default digest 1"
_KEY_HASH_BYTES: Final = 8
_BUILD_FEATURES_NAME: Final = "credit_default.model.features.build_features"
# Parameters of how a forest was fitted that do not change its predictions.
_RUN_PARAMETERS: Final = frozenset({"n_jobs", "verbose", "warm_start", "random_state"})


def digest_bundle(bundle: ModelBundle) -> str:
    """Return the hex SHA-256 of everything that decides the bundle's scores and comparisons.

    It covers the trees, the forest's parameters, its calibration, classes, features, recipe,
    policy, schema, the training rows' keys and the reference. It does not cover `bundle.digest`
    itself, nor the name and bytes of the source: the same rows may come in another order or from
    another file.
    """
    frame = bundle.reference
    # Sorted by name: the order of a file's columns makes no difference.
    reference = [] if frame is None else [digest_frame(frame.select(sorted(frame.columns)))]
    return _digest_parts(
        [
            _FORMAT,
            _describe_bundle(bundle),
            _digest_parts(find_family(bundle.recipe).list_arrays(bundle.forest)),
            bundle.trained_rows,
            *reference,
        ]
    )


def digest_frame(frame: pl.DataFrame) -> str:
    """Return the hex SHA-256 of a frame's column names and values, missing values included.

    The order of rows and columns matters.
    """
    parts: list[Any] = [_FORMAT, str(frame.height)]
    for series in frame:
        parts += [series.name, series.is_null().to_numpy()]
        if series.dtype == pl.List:
            series = series.list.join("\x1f")  # noqa: PLW2901
        if series.dtype.is_numeric() or series.dtype == pl.Boolean:
            parts.append(series.fill_null(0).to_numpy())
        else:
            texts = [text.encode() for text in series.cast(pl.String).fill_null("").to_list()]
            parts += [np.array([len(text) for text in texts]), b"".join(texts)]
    return _digest_parts(parts)


def digest_recipe_and_rows(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    fold_count: int,
    seed: int,
) -> str:
    """Return the hex SHA-256 that identifies a cross-validation.

    It is equal when the recipe, the schema's name and version, the features, the rows (in any
    order) and the folds are.

    Args:
        recipe: The recipe that is cross-validated.
        rows: Checked rows with outcomes.
        schema: The schema of the rows.
        features: The features offered to the recipe.
        fold_count: Number of folds.
        seed: Seed by which the folds are drawn.
    """
    names = sorted(rows.columns)
    settings = {
        "recipe": describe_recipe(pin_recipe(recipe)),
        "schema": [schema.name, schema.version],
        "protected": sorted(schema.protected),
        "features": describe_features(features),
        "folds": [fold_count, seed],
    }
    return _digest_parts(
        [_FORMAT, _write_json(settings), digest_frame(sort_rows(rows).select(names))]
    )


def digest_policy(policy: DecisionPolicy) -> str:
    """Return the hex SHA-256 of a decision policy: equal when the costs and the bands are."""
    return _digest_parts([_FORMAT, _write_json(asdict(policy))])


def sort_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows sorted by client_id, then statement_month.

    Everything is fitted and digested in this order.
    """
    return rows.sort(CLIENT_ID, STATEMENT_MONTH)


def hash_row_keys(rows: pl.DataFrame) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row's (client_id, statement_month), in row order.

    The hash (BLAKE2b) is the same on every machine and in every version, because bundles store it.
    It is unrelated to the fast Polars hash of `data.checking.duplicate_keys`, which only compares
    rows within one run.
    """
    texts = [
        pl.col(name).cast(pl.String).fill_null("None") for name in (CLIENT_ID, STATEMENT_MONTH)
    ]
    keys = rows.select(pl.concat_str(texts, separator="\x1f").cast(pl.Binary)).to_series().to_list()
    fresh = hashlib.blake2b(digest_size=_KEY_HASH_BYTES)

    def hash_key(key: bytes) -> bytes:
        hashed = fresh.copy()  # twice as quick as a new one
        hashed.update(key)
        return hashed.digest()

    hashes = b"".join(map(hash_key, keys))
    return np.frombuffer(hashes, dtype="<u8").astype(np.uint64)


def _describe_bundle(bundle: ModelBundle) -> str:
    transformer, forest = bundle.pipeline.named_steps[FEATURES_STEP], bundle.forest
    parameters = {
        name: value for name, value in forest.get_params().items() if name not in _RUN_PARAMETERS
    }
    return _write_json(
        {
            "function": _describe_function(transformer.func),
            **transformer.kw_args,  # "inputs" only where one may be missing or special
            "forest": parameters,
            "classes": [int(value) for value in forest.classes_],
            "calibration": None if bundle.calibration is None else asdict(bundle.calibration),
            "recipe": describe_recipe(bundle.recipe),
            "decision_policy": asdict(bundle.decision_policy),
            "schema": [bundle.schema_name, bundle.schema_version],
            "feature_version": bundle.feature_version,
            "rows": [bundle.row_count, bundle.default_share],
        }
    )


def _describe_function(function: Any) -> str:
    """Return the function's name; `build_features` keeps the one in the first models' digests."""
    if function is build_features:
        return _BUILD_FEATURES_NAME
    return f"{function.__module__}.{function.__qualname__}"


def _write_json(values: Any) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest_parts(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            # Integers as 64 bits: platforms differ in how wide scikit-learn's indices are.
            wide = part.astype(
                "<f8" if part.dtype.kind == "f" else "<i8" if part.dtype.kind != "u" else "<u8"
            )
            digest.update(f"{wide.dtype.str}{wide.shape};".encode())
            digest.update(np.ascontiguousarray(wide).data)
        else:
            content = part if isinstance(part, bytes) else str(part).encode()
            digest.update(f"{len(content)};".encode())
            digest.update(content)
    return digest.hexdigest()
