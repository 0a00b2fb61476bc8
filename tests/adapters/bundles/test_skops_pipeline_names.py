"""The names in a bundle: new ones use `credit_default.bundled` only, and older ones are read as well."""

import json
import warnings
import zipfile

import numpy as np
import pytest

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.skops_pipeline import list_trusted_types, read_pipeline
from credit_default.errors import ArtifactError
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.families.forests import RANDOM_FOREST
from credit_default.model.features.build_features import build_features

FORMER_MODULES = {
    "build_features": "credit_default.model.features",
    "CalibratedForest": "credit_default.model.calibrated_forest",
}
BOTH = pytest.mark.parametrize("name", ["bundle", "calibrated_bundle"])


@pytest.fixture
def write(tmp_path):
    def write(bundle):
        folder = tmp_path / "bundle"
        folder.mkdir()
        return write_bundle(bundle, folder)

    return write


def list_nodes(schema):
    if isinstance(schema, dict):
        return [schema, *(node for value in schema.values() for node in list_nodes(value))]
    return (
        [node for item in schema for node in list_nodes(item)] if isinstance(schema, list) else []
    )


def edit_schema(path, edit):
    """The archive again, with `edit(node)` done to every node of its schema; how many it changed."""
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    schema = json.loads(entries["schema.json"])
    changed = sum(bool(edit(node)) for node in list_nodes(schema))
    entries["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)
    return changed


def name_as_before(node):
    if node.get("__module__") != "credit_default.bundled":
        return False
    node["__module__"] = FORMER_MODULES[node["__class__"]]
    return True


@BOTH
def test_a_new_bundle_names_nothing_of_ours_but_the_stable_module(request, write, name):
    sealed = write(request.getfixturevalue(name))

    with zipfile.ZipFile(sealed.folder / "pipeline.skops") as archive:
        content = archive.read("schema.json").decode()

    modules = {str(node.get("__module__")) for node in list_nodes(json.loads(content))}
    ours = {module for module in modules if "credit_default" in module}
    assert ours == {"credit_default.bundled"}
    assert "credit_default.model" not in content


@BOTH
def test_a_bundle_under_the_former_names_gives_equal_scores_and_the_same_digest(
    request, write, name
):
    bundle = request.getfixturevalue(name)
    path = write(bundle).folder / "pipeline.skops"
    assert edit_schema(path, name_as_before) == (1 if name == "bundle" else 2)

    pipeline = read_pipeline(path, recipe=bundle.recipe)

    expected = bundle.pipeline.predict_proba(bundle.reference)
    assert np.array_equal(pipeline.predict_proba(bundle.reference), expected)
    assert pipeline.named_steps["features"].func is build_features


def test_a_bundle_under_the_former_names_is_verified_as_a_whole(calibrated_bundle, write):
    import hashlib

    sealed = write(calibrated_bundle)
    edit_schema(sealed.folder / "pipeline.skops", name_as_before)
    manifest = json.loads((sealed.folder / "bundle.json").read_text())
    content = (sealed.folder / "pipeline.skops").read_bytes()
    manifest["files"]["pipeline.skops"] = hashlib.sha256(content).hexdigest()
    (sealed.folder / "bundle.json").write_text(json.dumps(manifest))

    found = read_bundle(sealed.folder, expected_digest=calibrated_bundle.digest)

    assert digest_bundle(found) == calibrated_bundle.digest
    rows = calibrated_bundle.reference
    assert np.array_equal(
        score_probability(found, rows), score_probability(calibrated_bundle, rows)
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"__loader__": "MethodNode"}, "features.build_features"),
        ({"__class__": "Feature"}, "features.Feature"),
        ({"__module__": "credit_default.model", "__class__": "features.build_features"}, "model.f"),
        ({"__module__": ["credit_default.model.features"]}, "credit_default.model.features"),
        ({"__module__": "credit_default.model.features.build_features"}, "build_features"),
    ],
)
def test_a_former_name_is_known_only_with_its_loader_and_in_its_parts(
    bundle, write, changes, found
):
    path = write(bundle).folder / "pipeline.skops"
    edit_schema(path, name_as_before)
    edit_schema(
        path, lambda node: node.get("__class__") == "build_features" and (node.update(changes) or 1)
    )

    with pytest.raises(ArtifactError, match=found) as caught:
        read_pipeline(path, recipe=bundle.recipe)

    assert "which is not on the list of allowed types" in str(caught.value)


@BOTH
def test_others_can_open_a_new_bundle_with_skops_alone(request, write, name):
    import skops.io

    bundle = request.getfixturevalue(name)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = skops.io.load(
            write(bundle).folder / "pipeline.skops", trusted=list_trusted_types(RANDOM_FOREST)
        )

    expected = bundle.pipeline.predict_proba(bundle.reference)
    assert np.array_equal(pipeline.predict_proba(bundle.reference), expected)
