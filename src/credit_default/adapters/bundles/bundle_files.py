"""A model bundle in a folder, and the one way back: files named by their digests, a safe pipeline, the digest again.

Order of reading: the seal (sha256 of `bundle.json`, which names the sha256 of every other file) where the registry has one;
then sizes and digests of the files; then the pipeline, by our own list and structure; then the canonical digest of what
was built. Nothing in the folder is trusted to say what may be loaded, and no code of its own is run.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.adapters.bundles.skops_pipeline import read_pipeline, write_pipeline
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import ArtifactError, InputError, show_examples
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import parse_decision_policy
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.recipe_pipeline import parse_recipe

MANIFEST: Final = "bundle.json"
PIPELINE: Final = "pipeline.skops"
TRAINED_ROWS: Final = "trained_rows.npy"
REFERENCE: Final = "reference.parquet"
_FORMAT: Final = "credit-default bundle 1"
_LIBRARIES: Final = ("credit-default", "numpy", "polars", "scikit-learn", "skops")
_LARGEST_FILE_BYTES: Final = 1_000_000_000
_LARGEST_MANIFEST_BYTES: Final = 1_000_000
_LARGEST_REFERENCE_CELLS: Final = (
    200_000_000  # a few bytes of Parquet can claim more than any memory holds
)
# What numpy, polars and plain conversions raise on content that is none of ours.
_DAMAGED_CONTENT_ERRORS: Final = (
    InputError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    OverflowError,
    MemoryError,
    pl.exceptions.PolarsError,
)


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """A bundle at rest. `digest` names the model whatever wrote it; `seal` names these very bytes."""

    folder: Path
    digest: str
    seal: str
    files: tuple[str, ...]


def write_bundle(bundle: ModelBundle, folder: Path) -> SealedBundle:
    """The bundle's files in `folder`, which is there already: pipeline, rows trained on, reference, and the manifest last."""
    with disk_errors(folder):
        write_pipeline(bundle.pipeline, folder / PIPELINE)
        np.save(folder / TRAINED_ROWS, bundle.trained_rows, allow_pickle=False)
        if bundle.reference is not None:
            bundle.reference.write_parquet(folder / REFERENCE, compression="zstd")
        names = [PIPELINE, TRAINED_ROWS, *([REFERENCE] if bundle.reference is not None else [])]
        content = json.dumps(
            _build_manifest(bundle, {name: _hash_file(folder / name) for name in names}), indent=2
        ).encode()
        (folder / MANIFEST).write_bytes(content)
    return SealedBundle(
        folder, bundle.digest, hashlib.sha256(content).hexdigest(), (MANIFEST, *names)
    )


def read_bundle(folder: Path, *, expected_digest: str, seal: str | None = None) -> ModelBundle:
    """The bundle that stands in `folder`, once it is known to be the one that `expected_digest` names.

    With `seal` not a byte is parsed that was not written with the registered bundle.
    Raises `ArtifactError` for any mismatch, damage, link out of the folder, or thing that we do not load.
    """
    content = _read_file(folder, MANIFEST, largest=_LARGEST_MANIFEST_BYTES)
    if seal is not None and hashlib.sha256(content).hexdigest() != seal:
        raise _build_bundle_error(
            folder, "a bundle.json with another sha256", "the one that was registered"
        )
    manifest = _parse_manifest(folder, content)
    if manifest["digest"] != expected_digest:
        raise _build_bundle_error(
            folder, f"the bundle {str(manifest['digest'])[:64]!r}", f"the bundle {expected_digest}"
        )
    for name, sha256 in manifest["files"].items():
        if (
            hashlib.sha256(_read_file(folder, name, largest=_LARGEST_FILE_BYTES)).hexdigest()
            != sha256
        ):
            raise _build_bundle_error(
                folder, f"{name} with other bytes", f"the sha256 {sha256} of {MANIFEST}"
            )
    bundle = _build_bundle(folder, manifest)
    line = None if bundle.calibration is None else asdict(bundle.calibration)
    if manifest.get("calibration") != line:
        raise _build_bundle_error(
            folder,
            f"the calibration {line}",
            f"the calibration {manifest.get('calibration')} of {MANIFEST}",
        )
    found = digest_bundle(bundle)
    if found != expected_digest:
        raise _build_bundle_error(
            folder, f"content with the digest {found}", f"the digest {expected_digest}"
        )
    return replace(bundle, digest=found)


def _build_bundle(folder: Path, manifest: Mapping[str, Any]) -> ModelBundle:
    try:
        recipe = parse_recipe(manifest["recipe"])
        return ModelBundle(
            pipeline=read_pipeline(folder / PIPELINE, tree_count=recipe.tree_count),
            decision_policy=parse_decision_policy(manifest["decision_policy"]),
            recipe=recipe,
            schema_name=str(manifest["schema_name"]),
            schema_version=str(manifest["schema_version"]),
            feature_version=str(manifest["feature_version"]),
            source_digests=tuple(str(digest) for digest in manifest["source_digests"]),
            row_count=int(manifest["row_count"]),
            default_share=float(manifest["default_share"]),
            trained_rows=_read_trained_rows(folder),
            reference=_read_reference(folder) if REFERENCE in manifest["files"] else None,
            digest="",
        )
    except _DAMAGED_CONTENT_ERRORS as error:
        raise _build_bundle_error(
            folder, f"{type(error).__name__}: {error}", "a bundle as `train` writes it"
        ) from error


def _read_trained_rows(folder: Path) -> Any:
    with disk_errors(folder):
        hashes = np.load(folder / TRAINED_ROWS, allow_pickle=False)
    if not isinstance(hashes, np.ndarray) or hashes.ndim != 1 or hashes.dtype != np.uint64:
        raise ValueError(
            f"{TRAINED_ROWS} of {getattr(hashes, 'dtype', type(hashes).__name__)}, no list of hashes"
        )
    return hashes


def _read_reference(folder: Path) -> pl.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Arrow, not Polars: on a file that is no Parquet it raises where the other may panic
        with pq.ParquetFile(folder / REFERENCE) as file:
            cell_count = file.metadata.num_rows * file.metadata.num_columns
            if cell_count > _LARGEST_REFERENCE_CELLS:
                raise ValueError(
                    f"{REFERENCE} of {cell_count} values, more than {_LARGEST_REFERENCE_CELLS}"
                )
            strange = [field.name for field in file.schema_arrow if not _has_plain_type(field)]
            if strange:
                raise ValueError(
                    f"{REFERENCE} with columns {show_examples(strange)} of a strange type"
                )
            return pl.DataFrame(file.read())
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{REFERENCE}: {error}") from error


def _has_plain_type(field: Any) -> bool:
    """True for numbers, flags and texts that bring no type of their own."""
    from pyarrow import types

    kinds = (
        types.is_integer,
        types.is_floating,
        types.is_boolean,
        types.is_string,
        types.is_large_string,
    )
    return not field.metadata and any(is_kind(field.type) for is_kind in kinds)


def _build_manifest(bundle: ModelBundle, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "digest": bundle.digest,
        "files": dict(files),
        "schema_name": bundle.schema_name,
        "schema_version": bundle.schema_version,
        "feature_version": bundle.feature_version,
        "decision_policy": asdict(bundle.decision_policy),
        "recipe": asdict(bundle.recipe),
        "calibration": None if bundle.calibration is None else asdict(bundle.calibration),
        "source_digests": list(bundle.source_digests),
        "row_count": bundle.row_count,
        "default_share": bundle.default_share,
        "library_versions": {name: version(name) for name in _LIBRARIES},
    }


def _parse_manifest(folder: Path, content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content, object_pairs_hook=_reject_repeated_keys)
        files, libraries = manifest["files"], manifest["library_versions"]
        known = manifest["format"] == _FORMAT and {PIPELINE, TRAINED_ROWS} <= set(files) <= {
            PIPELINE,
            TRAINED_ROWS,
            REFERENCE,
        }
        wrote = str(libraries["scikit-learn"]).split(".")[:2]
        str(manifest["digest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _build_bundle_error(
            folder, f"a {MANIFEST} that can't be read ({error})", "one that `train` wrote"
        ) from error
    if not known:
        raise _build_bundle_error(
            folder, f"a {MANIFEST} of another format or with other files", _FORMAT
        )
    if wrote != version("scikit-learn").split(".")[:2]:
        raise _build_bundle_error(
            folder,
            f"scikit-learn {'.'.join(wrote)}",
            f"scikit-learn {version('scikit-learn')}, minor version alike",
        )
    return dict(manifest)


def _reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # of two readers of a repeated key one may see the first and one the last
    if len(dict(pairs)) < len(pairs):
        raise ValueError(
            f"a key that comes twice among {show_examples([name for name, _ in pairs])}"
        )
    return dict(pairs)


def _read_file(folder: Path, name: str, *, largest: int) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file() or path.resolve().parent != folder.resolve():
        raise _build_bundle_error(
            folder, f"no plain file {name}", f"{name} in the folder itself, no link"
        )
    with disk_errors(path):
        if path.stat().st_size > largest:
            raise _build_bundle_error(
                folder, f"{path.stat().st_size} bytes in {name}", f"at most {largest}"
            )
        return path.read_bytes()


def _hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _build_bundle_error(folder: Path, found: str, expected: str) -> ArtifactError:
    return ArtifactError(
        f"model bundle {folder}",
        found=found[:300],
        expected=expected,
        remedy="Do not load it by other means: fetch it from the registry again, or train and register anew.",
    )
