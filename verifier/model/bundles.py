"""Model bundles: read from wherever a lake keeps them, and held against their manifest and their digest."""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from verifier.findings import DAMAGE, Finding, Findings, compare, fault, gap, hold
from verifier.model.archive import Thing, read_archive
from verifier.model.digests import digest_model, list_arrays
from verifier.reading.lake import Lake, parse_parquet

_MANIFEST: Final = "bundle.json"
_PIPELINE, _KEYS, _REFERENCE = "pipeline.skops", "trained_rows.npy", "reference.parquet"
_HOMES: Final = ("champion/pinned", "champion/bundles", "mlartifacts")
_FORMAT: Final = "credit-default bundle 1"
_CALIBRATED: Final = re.compile(r"credit_default\..*\.?CalibratedForest\Z")
_BUILDS_FEATURES: Final = re.compile(r"credit_default\..*\.?build_features\Z")
_FUNCTION: Final = "credit_default.model.features.build_features"  # as digests have it
_RUN_PARAMETERS: Final = frozenset({"n_jobs", "verbose", "warm_start", "random_state"})
_NO_PARAMETERS: Final = frozenset({"estimator", "estimator_params"})
_SEAL: Final = re.compile(r"^ {2}(digest|seal): ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model as its bundle holds it."""

    manifest: Mapping[str, Any]
    seal: str  # sha256 of the manifest
    feature_arguments: Mapping[str, Any]
    function: str
    estimator: Thing
    calibration: dict[str, float] | None
    trained_rows: Any
    reference: pa.Table | None

    @property
    def family(self) -> str:
        """The family of its estimator, as the recipe names it."""
        return str(self.manifest["recipe"].get("family", "forest"))

    @property
    def is_own(self) -> bool:
        """Whether the estimator is of a package of the lender's."""
        return ":" in self.family

    @property
    def policy(self) -> Mapping[str, Any]:
        """The decision policy."""
        found: Mapping[str, Any] = self.manifest["decision_policy"]
        return found

    def compute_digest(self) -> str:
        """Return the digest of what the bundle holds."""
        arrays = list_arrays(self.estimator, self.family)
        return digest_model(_describe(self), arrays, self.trained_rows, self.reference)


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle's folder, its model where it could be read, and what was found of it."""

    folder: str
    model: Model | None
    findings: tuple[Finding, ...]


def read_bundles(lake: Lake) -> tuple[Bundle, ...]:
    """Return every bundle in the lake; equal copies are parsed once."""
    keys = [key for home in _HOMES for key in lake.list_keys(home)]
    folders = [key.removesuffix(f"/{_MANIFEST}") for key in keys if key.endswith(f"/{_MANIFEST}")]
    known: dict[str, tuple[Model, tuple[Finding, ...]]] = {}
    return tuple(_read_bundle(lake, folder, known) for folder in folders)


def index_models(bundles: Iterable[Bundle]) -> dict[str, Model]:
    """Return the models that are what their manifests say, by digest."""
    return {
        str(bundle.model.manifest["digest"]): bundle.model
        for bundle in bundles
        if bundle.model is not None and all(one.kind != "fault" for one in bundle.findings)
    }


def _read_bundle(
    lake: Lake, folder: str, known: dict[str, tuple[Model, tuple[Finding, ...]]]
) -> Bundle:
    thing = f"model bundle {folder}"
    found: list[Finding] = []
    try:
        content = lake.read(f"{folder}/{_MANIFEST}")
        manifest = json.loads(content)
        files = {name: lake.read(f"{folder}/{name}") for name in manifest["files"]}
        found += _check_files(thing, manifest, files)
        found += _check_record(lake, folder, manifest, content)
        same = hashlib.sha256(content + b"".join(files.values())).hexdigest()
        if same not in known:
            model = _parse(manifest, content, files)
            known[same] = (model, tuple(_check_model(thing, model)))
        model, of_model = known[same]
    except DAMAGE as error:
        text = f"content that cannot be read ({type(error).__name__}: {error})"
        found.append(fault(thing, text, "a bundle as docs/format.md has it"))
        return Bundle(folder, None, tuple(found))
    return Bundle(folder, model, (*found, *of_model))


def _check_files(thing: str, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Findings:
    yield compare(thing, manifest["format"], _FORMAT, kind="formats of bundles")
    for name, content in files.items():
        found = hashlib.sha256(content).hexdigest()
        yield compare(f"{thing}, {name}", found, manifest["files"][name], kind="files of bundles")


def _check_record(lake: Lake, folder: str, manifest: Mapping[str, Any], content: bytes) -> Findings:
    """Yield whether what stands beside the bundle names this bundle: its folder, or the registry's MLmodel."""
    thing = f"model bundle {folder}"
    last = folder.rpartition("/")[2]
    if last == "artifacts" and lake.get_size(f"{folder}/MLmodel") is not None:
        said = dict(_SEAL.findall(lake.read(f"{folder}/MLmodel").decode()))
        seal = hashlib.sha256(content).hexdigest()
        if said != {"digest": manifest["digest"], "seal": seal}:
            yield fault(f"{thing}, MLmodel", said, f"digest {manifest['digest']}, seal {seal}")
    elif last != manifest["digest"]:
        yield fault(thing, f"a bundle of {manifest['digest']}", "the digest that its folder names")
    if lake.get_size(f"{folder}/signature.json") is not None:
        yield gap(f"{thing}, signature.json", "the lake does not say which keys are trusted")


def _check_model(thing: str, model: Model) -> Findings:
    if model.is_own or model.function != _FUNCTION:
        yield gap(thing, f"the digest of {model.family}, a lender's own, is not recomputed")
        return
    found = model.compute_digest()
    yield compare(f"{thing}, its model", found, model.manifest["digest"], kind="digests of models")
    yield compare(
        f"{thing}, its calibration", model.calibration, model.manifest["calibration"], kind="lines"
    )
    yield hold("models", 1)


def _parse(manifest: Mapping[str, Any], content: bytes, files: Mapping[str, bytes]) -> Model:
    (_, transformer), (_, last) = read_archive(files[_PIPELINE])["steps"]
    line = None
    if _CALIBRATED.match(last.kind):
        line = {"slope": last["slope"], "intercept": last["intercept"]}
        last = last["forest"]
    function = transformer["func"]
    reference = parse_parquet(files[_REFERENCE]) if _REFERENCE in files else None
    return Model(
        manifest,
        hashlib.sha256(content).hexdigest(),
        transformer["kw_args"],
        _FUNCTION if _BUILDS_FEATURES.match(function) else function,
        last,
        line,
        np.load(io.BytesIO(files[_KEYS]), allow_pickle=False),
        reference,
    )


def _describe(model: Model) -> dict[str, Any]:
    manifest = model.manifest
    parameters = {
        name: value
        for name, value in model.estimator.attributes.items()
        if not name.endswith("_")
        and not name.startswith("_")
        and name not in _RUN_PARAMETERS | _NO_PARAMETERS
    }
    parameters.pop("n_features_in_", None)
    return {
        "function": model.function,
        **model.feature_arguments,
        "forest": parameters,
        "classes": [int(value) for value in model.estimator["classes_"]],
        "calibration": model.calibration,
        "recipe": manifest["recipe"],
        "decision_policy": manifest["decision_policy"],
        "schema": [manifest["schema_name"], manifest["schema_version"]],
        "feature_version": manifest["feature_version"],
        "rows": [manifest["row_count"], manifest["default_share"]],
    }
