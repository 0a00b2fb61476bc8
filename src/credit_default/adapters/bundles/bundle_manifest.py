"""The manifest of a model bundle, bundle.json: what the bundle is, and the sha256 of every other file in it.

The registry keeps the sha256 of the manifest itself (the seal), so that no file of a registered bundle can be exchanged.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from credit_default.errors import ArtifactError, show_examples
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.families.recipe import describe_recipe

MANIFEST: Final = "bundle.json"
PIPELINE: Final = "pipeline.skops"
TRAINED_ROWS: Final = "trained_rows.npy"
REFERENCE: Final = "reference.parquet"
_FORMAT: Final = "credit-default bundle 1"
_LIBRARIES: Final = ("credit-default", "numpy", "polars", "scikit-learn", "skops")


def build_manifest(bundle: ModelBundle, files: Mapping[str, str]) -> dict[str, Any]:
    """Return the manifest of a bundle whose files, by name, have these sha256 digests."""
    return {
        "format": _FORMAT,
        "digest": bundle.digest,
        "files": dict(files),
        "schema_name": bundle.schema_name,
        "schema_version": bundle.schema_version,
        "feature_version": bundle.feature_version,
        "decision_policy": asdict(bundle.decision_policy),
        "recipe": describe_recipe(bundle.recipe),
        "calibration": None if bundle.calibration is None else asdict(bundle.calibration),
        "source_digests": list(bundle.source_digests),
        "row_count": bundle.row_count,
        "default_share": bundle.default_share,
        "library_versions": {name: version(name) for name in _LIBRARIES},
    }


def parse_manifest(folder: Path, content: bytes) -> dict[str, Any]:
    """Return the manifest of the bundle in `folder` after checking its form; `content` are its bytes.

    Raises:
        ArtifactError: It cannot be read, is of another format, names other files than a bundle has, or was written with
            another minor version of scikit-learn.
    """
    try:
        manifest = json.loads(content, object_pairs_hook=_reject_repeated_keys)
        files, libraries = manifest["files"], manifest["library_versions"]
        allowed = {PIPELINE, TRAINED_ROWS, REFERENCE}
        known = manifest["format"] == _FORMAT and allowed - {REFERENCE} <= set(files) <= allowed
        wrote = str(libraries["scikit-learn"]).split(".")[:2]
        str(manifest["digest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = f"a {MANIFEST} that can't be read ({error})"
        raise build_bundle_error(folder, found, "one that `train` wrote") from error
    if not known:
        found = f"a {MANIFEST} of another format or with other files"
        raise build_bundle_error(folder, found, _FORMAT)
    if wrote != version("scikit-learn").split(".")[:2]:
        expected = f"scikit-learn {version('scikit-learn')}, or another patch release of it"
        raise build_bundle_error(folder, f"scikit-learn {'.'.join(wrote)}", expected)
    return dict(manifest)


def _reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of a repeated key, one reader may use the first value and another reader the last.
    if len(dict(pairs)) < len(pairs):
        names = show_examples([name for name, _ in pairs])
        raise ValueError(f"a key that comes twice among {names}")
    return dict(pairs)


def build_bundle_error(folder: Path, found: str, expected: str) -> ArtifactError:
    """Return the error for a bundle that is not what it should be."""
    return ArtifactError(
        f"model bundle {folder}",
        found=found[:300],
        expected=expected,
        remedy="Do not load it by other means: fetch it from the registry again,"
        " or train and register the model again.",
    )
