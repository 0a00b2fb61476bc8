"""Write a model bundle to a folder, and read one back without trusting the folder.

Reading goes in this order: the seal (the sha256 of the manifest, which holds the sha256 of every other file) where the registry
has one; the signature where one is needed, and what the operator trusts; the sizes and digests of the files; the pipeline, against our own list and structure; and last the canonical digest of
what was built. Nothing in the folder decides what may be loaded, and none of its code is run.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.adapters.bundles.bundle_manifest import (
    MANIFEST,
    PIPELINE,
    REFERENCE,
    TRAINED_ROWS,
    build_bundle_error,
    build_manifest,
    parse_manifest,
)
from credit_default.adapters.bundles.bundle_parts import read_reference, read_trained_rows
from credit_default.adapters.bundles.bundle_signature import SIGNATURE, sign_manifest
from credit_default.adapters.bundles.skops_pipeline import read_pipeline, write_pipeline
from credit_default.adapters.bundles.stored_reader import read_stored_pipeline
from credit_default.adapters.bundles.trust import NO_TRUST, Trust, require_trusted_bundle
from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.errors import InputError, needs_setup
from credit_default.model.estimator.bundle import ModelBundle, attach_kernel
from credit_default.model.estimator.decision import parse_decision_policy
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.recipe_pipeline import Recipe, parse_recipe
from credit_default.model.families.stored.stored_pipeline import restore_pipeline

_LOG = logging.getLogger(__name__)
_LARGEST_FILE_BYTES: Final = 1_000_000_000
_LARGEST_MANIFEST_BYTES: Final = 1_000_000
_LARGEST_SIGNATURE_BYTES: Final = 10_000
# What numpy, Polars and plain conversions raise on content that is not ours.
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
    """A bundle in a folder. `digest` names the model, by whatever code it was written; `seal` names these very bytes."""

    folder: Path
    digest: str
    seal: str
    files: tuple[str, ...]


def write_bundle(
    bundle: ModelBundle, folder: Path, *, signing_key: Path | None = None
) -> SealedBundle:
    """Write the bundle's files into an existing folder: pipeline, rows trained on, reference, and last the manifest.

    Args:
        bundle: The model.
        folder: Where the files go.
        signing_key: The file of the private key that signs the manifest; None for no signature.

    Raises:
        ServiceError: The disk cannot be read or written.
        SetupError: There is no such key.
    """
    with disk_errors(folder):
        write_pipeline(bundle.pipeline, folder / PIPELINE)
        np.save(folder / TRAINED_ROWS, bundle.trained_rows, allow_pickle=False)
        if bundle.reference is not None:
            bundle.reference.write_parquet(folder / REFERENCE, compression="zstd")
        names = [PIPELINE, TRAINED_ROWS, *([REFERENCE] if bundle.reference is not None else [])]
        manifest = build_manifest(bundle, {name: _hash_file(folder / name) for name in names})
        content = json.dumps(manifest, indent=2).encode()
        (folder / MANIFEST).write_bytes(content)
        if signing_key is not None:
            (folder / SIGNATURE).write_bytes(sign_manifest(content, key=signing_key))
            names.append(SIGNATURE)
    seal = hashlib.sha256(content).hexdigest()
    return SealedBundle(folder, bundle.digest, seal, (MANIFEST, *names))


def read_bundle(
    folder: Path, *, expected_digest: str, seal: str | None = None, trust: Trust = NO_TRUST
) -> ModelBundle:
    """Read the bundle in `folder` and verify that it is the model that `expected_digest` names.

    Args:
        folder: Where the bundle's files are.
        expected_digest: The model's canonical digest on record.
        seal: The sha256 of the manifest on record. With it, no byte is parsed that was not written with the registered
            bundle; None where the registry has none.
        trust: The packages and keys that the settings trust. By default an estimator of a package is refused.

    Raises:
        ArtifactError: A digest or a signature does not match, a file is damaged, missing or a link, or something is not on our list.
        SetupError: The estimator's package is not trusted, not installed, or another than the model was trained with.
    """
    content = _read_file(folder, MANIFEST, largest=_LARGEST_MANIFEST_BYTES)
    if seal is not None and hashlib.sha256(content).hexdigest() != seal:
        found = "a bundle.json with another sha256"
        raise build_bundle_error(folder, found, "the one that was registered")
    manifest = parse_manifest(folder, content)
    if manifest["digest"] != expected_digest:
        found = f"the bundle {str(manifest['digest'])[:64]!r}"
        raise build_bundle_error(folder, found, f"the bundle {expected_digest}")
    signature = None
    if (folder / SIGNATURE).is_symlink() or (folder / SIGNATURE).exists():
        signature = _read_file(folder, SIGNATURE, largest=_LARGEST_SIGNATURE_BYTES)
    require_trusted_bundle(
        manifest, content, signature, trust=trust, thing=f"model bundle {folder}"
    )
    _check_files(folder, manifest)
    kernel = load_kernel()
    bundle = _build_bundle(folder, manifest, has_kernel=kernel is not None)
    _check_calibration(folder, manifest, bundle)
    digest = digest_bundle(bundle)
    if digest != expected_digest:
        found = f"content with the digest {digest}"
        raise build_bundle_error(folder, found, f"the digest {expected_digest}")
    choice = attach_kernel(replace(bundle, digest=digest), kernel)
    if choice.refusal is None:
        return choice.bundle
    _LOG.info("scikit-learn walks the trees, with the same scores: %s", choice.refusal)
    return replace(choice.bundle, pipeline=restore_pipeline(choice.bundle.pipeline))


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, sha256 in manifest["files"].items():
        content = _read_file(folder, name, largest=_LARGEST_FILE_BYTES)
        if hashlib.sha256(content).hexdigest() != sha256:
            expected = f"the sha256 {sha256} of {MANIFEST}"
            raise build_bundle_error(folder, f"{name} with other bytes", expected)


def _check_calibration(folder: Path, manifest: Mapping[str, Any], bundle: ModelBundle) -> None:
    line = None if bundle.calibration is None else asdict(bundle.calibration)
    if manifest.get("calibration") != line:
        expected = f"the calibration {manifest.get('calibration')} of {MANIFEST}"
        raise build_bundle_error(folder, f"the calibration {line}", expected)


def _build_bundle(folder: Path, manifest: Mapping[str, Any], *, has_kernel: bool) -> ModelBundle:
    try:
        recipe = parse_recipe(manifest["recipe"])
        return ModelBundle(
            pipeline=_read_pipeline(folder / PIPELINE, recipe, has_kernel=has_kernel),
            decision_policy=parse_decision_policy(manifest["decision_policy"]),
            recipe=recipe,
            schema_name=str(manifest["schema_name"]),
            schema_version=str(manifest["schema_version"]),
            feature_version=str(manifest["feature_version"]),
            source_digests=tuple(str(digest) for digest in manifest["source_digests"]),
            row_count=int(manifest["row_count"]),
            default_share=float(manifest["default_share"]),
            trained_rows=read_trained_rows(folder),
            reference=read_reference(folder) if REFERENCE in manifest["files"] else None,
            digest="",
        )
    except _DAMAGED_CONTENT_ERRORS as error:
        if needs_setup(error):  # a package is not here, or another than the model's
            raise
        found = f"{type(error).__name__}: {error}"
        raise build_bundle_error(folder, found, "a bundle as `train` writes it") from error


def _read_pipeline(path: Path, recipe: Recipe, *, has_kernel: bool) -> Any:
    """Return the pipeline: as it is stored where compiled code walks its trees, else as scikit-learn's own."""
    with disk_errors(path):
        content = path.read_bytes()
    stored = read_stored_pipeline(content, recipe=recipe) if has_kernel else None
    return read_pipeline(BytesIO(content), recipe=recipe) if stored is None else stored


def _read_file(folder: Path, name: str, *, largest: int) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file() or path.resolve().parent != folder.resolve():
        expected = f"{name} in the folder itself, not a link"
        raise build_bundle_error(folder, f"no plain file {name}", expected)
    with disk_errors(path):
        byte_count = path.stat().st_size
        if byte_count > largest:
            raise build_bundle_error(folder, f"{byte_count} bytes in {name}", f"at most {largest}")
        return path.read_bytes()


def _hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
