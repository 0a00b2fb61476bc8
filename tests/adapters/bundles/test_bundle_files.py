import hashlib
import io
import json
import os
import pickle
import time
import zipfile

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.fakes.machine_pace import is_within

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.skops_pipeline import (
    PipelineLimits,
    list_trusted_types,
    read_pipeline,
    write_pipeline,
)
from credit_default.errors import ArtifactError
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.families.forests import RANDOM_FOREST
from credit_default.model.families.recipe import Recipe
from credit_default.model.features.build_features import build_features

TREE_COUNT = 5
RECIPE = Recipe(tree_count=TREE_COUNT)


@pytest.fixture
def sealed(bundle, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    return write_bundle(bundle, folder)


def edit_manifest(sealed, **changes):
    """Change the manifest as an attacker with access to the store would: it agrees with the files, only the seal does not."""
    path = sealed.folder / "bundle.json"
    content = json.loads(path.read_text())
    for name in content["files"]:
        content["files"][name] = hashlib.sha256((sealed.folder / name).read_bytes()).hexdigest()
    path.write_text(json.dumps({**content, **changes}))


def rewrite_zip(path, change):
    """The archive again, `change(name, content)` giving each entry's new content."""
    with zipfile.ZipFile(path) as old:
        entries = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)


def rewrite_schema(path, old, new):
    with zipfile.ZipFile(path) as archive:
        assert old in archive.read("schema.json")
    rewrite_zip(
        path, lambda name, content: content.replace(old, new) if name == "schema.json" else content
    )


def edit_tree_nodes(path, edit):
    """The first tree's node array, changed in place by `edit`."""
    done = []

    def change(name, content):
        if done or not name.endswith(".npy"):
            return content
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if not array.dtype.names:
            return content
        edit(array)
        done.append(name)
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return buffer.getvalue()

    rewrite_zip(path, change)
    assert done


def test_a_bundle_comes_back_whole(bundle, sealed):
    found = read_bundle(sealed.folder, expected_digest=bundle.digest, seal=sealed.seal)

    assert np.array_equal(
        score_probability(found, bundle.reference), score_probability(bundle, bundle.reference)
    )
    assert found.reference.equals(bundle.reference)
    assert np.array_equal(found.trained_rows, bundle.trained_rows)
    for name in (
        "decision_policy",
        "recipe",
        "schema_name",
        "schema_version",
        "feature_version",
        "source_digests",
        "row_count",
        "default_share",
        "digest",
        "features",
        "input_names",
    ):
        assert getattr(found, name) == getattr(bundle, name), name
    assert digest_bundle(found) == bundle.digest


@pytest.mark.parametrize("name", ["calibrated_bundle", "monotone_bundle"])
def test_a_line_and_constraints_come_back_and_so_does_every_bit_of_a_score(request, tmp_path, name):
    bundle = request.getfixturevalue(name)
    write_bundle(bundle, tmp_path)

    found = read_bundle(tmp_path, expected_digest=bundle.digest)

    assert (
        score_probability(found, bundle.reference).tobytes()
        == score_probability(bundle, bundle.reference).tobytes()
    )
    assert (found.calibration, found.recipe) == (bundle.calibration, bundle.recipe)
    assert found.forest.monotonic_cst == bundle.forest.monotonic_cst
    assert found.forest.n_jobs == 1


def test_the_manifest_holds_the_calibration_line(calibrated_bundle, bundle, tmp_path):
    for good, reported in ((bundle, None), (calibrated_bundle, {"slope": 0.5, "intercept": -0.25})):
        sealed = write_bundle(good, tmp_path)
        assert json.loads((sealed.folder / "bundle.json").read_text())["calibration"] == reported


def test_a_bundle_without_a_reference_comes_back_without_one(bundle, tmp_path):
    from dataclasses import replace

    bare = replace(bundle, reference=None)
    bare = replace(bare, digest=digest_bundle(bare))
    sealed = write_bundle(bare, tmp_path)

    assert sealed.files == ("bundle.json", "pipeline.skops", "trained_rows.npy")
    assert read_bundle(tmp_path, expected_digest=bare.digest).reference is None


def test_a_loaded_forest_works_on_one_core(bundle, sealed):
    assert read_bundle(sealed.folder, expected_digest=bundle.digest).forest.n_jobs == 1


def test_another_digest_than_expected_is_refused_before_the_pipeline_is_opened(sealed):
    (sealed.folder / "pipeline.skops").unlink()

    with pytest.raises(ArtifactError, match=r"found the bundle '.*'; expected the bundle abab"):
        read_bundle(sealed.folder, expected_digest="ab" * 32)


def test_with_a_seal_no_changed_byte_is_parsed(bundle, sealed):
    with (sealed.folder / "bundle.json").open("a") as file:
        file.write(" ")

    with pytest.raises(ArtifactError, match="another sha256"):
        read_bundle(sealed.folder, expected_digest=bundle.digest, seal=sealed.seal)


@pytest.mark.parametrize("name", ["pipeline.skops", "trained_rows.npy", "reference.parquet"])
def test_a_file_with_other_bytes_is_refused(bundle, sealed, name):
    path = sealed.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArtifactError, match=f"{name} with other bytes"):
        read_bundle(sealed.folder, expected_digest=bundle.digest)


def test_content_with_another_digest_is_refused_though_the_manifest_claims_it(
    bundle, other_bundle, sealed, tmp_path
):
    folder = tmp_path / "other"
    folder.mkdir()
    theirs = write_bundle(other_bundle, folder)
    edit_manifest(theirs, digest=bundle.digest)

    with pytest.raises(ArtifactError, match="content with the digest"):
        read_bundle(folder, expected_digest=bundle.digest)


@pytest.mark.parametrize(
    "name", ["bundle.json", "pipeline.skops", "trained_rows.npy", "reference.parquet"]
)
def test_a_link_out_of_the_folder_is_refused(bundle, sealed, tmp_path, name):
    path = sealed.folder / name
    path.rename(tmp_path / name)
    path.symlink_to(tmp_path / name)

    with pytest.raises(ArtifactError, match=f"no plain file {name}"):
        read_bundle(sealed.folder, expected_digest=bundle.digest)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"files": {"pipeline.skops": "0", "trained_rows.npy": "0", "../../etc/passwd": "0"}},
            "with other files",
        ),
        ({"format": "something else"}, "another format"),
        ({"library_versions": {"scikit-learn": "1.4.2"}}, "scikit-learn 1.4"),
        ({"library_versions": None}, "can't be read"),
        ({"recipe": {"tree_count": 5, "evil": 1}}, "InputError"),
        ({"recipe": {"tree_count": "5"}}, "InputError"),
        ({"recipe": None}, "TypeError"),
        ({"decision_policy": {"missed_default_cost": -1}}, "InputError"),
        ({"row_count": "many"}, "ValueError"),
        ({"default_share": 0.5}, "content with the digest"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(bundle, sealed, changes, found):
    edit_manifest(sealed, **changes)

    with pytest.raises(ArtifactError, match=found):
        read_bundle(sealed.folder, expected_digest=bundle.digest)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"[" * 100_000])
def test_what_is_not_a_manifest_is_refused(bundle, sealed, content):
    (sealed.folder / "bundle.json").write_bytes(content)

    with pytest.raises(ArtifactError, match="can't be read"):
        read_bundle(sealed.folder, expected_digest=bundle.digest)


def test_a_folder_that_is_not_there_is_refused(bundle, tmp_path):
    with pytest.raises(ArtifactError, match="no plain file bundle"):
        read_bundle(tmp_path / "gone", expected_digest=bundle.digest)


def test_trained_rows_that_hold_a_pickle_are_refused_and_nothing_runs(bundle, sealed, tmp_path):
    np.save(
        sealed.folder / "trained_rows.npy",
        np.array([Mine(tmp_path / "ran")], dtype=object),
        allow_pickle=True,
    )
    edit_manifest(sealed)

    with pytest.raises(ArtifactError, match="ValueError"):
        read_bundle(sealed.folder, expected_digest=bundle.digest)
    assert not (tmp_path / "ran").exists()


def test_a_reference_that_is_no_parquet_is_refused(bundle, sealed):
    (sealed.folder / "reference.parquet").write_bytes(b"PAR1 nothing PAR1")
    edit_manifest(sealed)

    with pytest.raises(ArtifactError, match=r"reference\.parquet"):
        read_bundle(sealed.folder, expected_digest=bundle.digest)


class Mine:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_a_pickle_in_disguise_is_refused_and_nothing_runs(sealed, tmp_path):
    path = sealed.folder / "pipeline.skops"
    path.write_bytes(pickle.dumps(Mine(tmp_path / "ran")))

    with pytest.raises(ArtifactError, match="BadZipFile"):
        read_pipeline(path, recipe=RECIPE)
    assert not (tmp_path / "ran").exists()


def test_a_truncated_archive_is_refused(sealed):
    path = sealed.folder / "pipeline.skops"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ArtifactError, match="BadZipFile"):
        read_pipeline(path, recipe=RECIPE)


def test_an_archive_that_unpacks_to_too_much_is_refused(sealed):
    path = sealed.folder / "pipeline.skops"

    with pytest.raises(ArtifactError, match="more than"):
        read_pipeline(path, recipe=RECIPE, limits=PipelineLimits(byte_count=1000))
    with pytest.raises(ArtifactError, match="more than"):
        read_pipeline(path, recipe=RECIPE, limits=PipelineLimits(entry_count=3))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("builtins", "eval"),
        ("credit_default.model.estimator.fitting", "fit"),
    ],
)
def test_another_function_is_refused_by_name_and_never_imported(sealed, module, name):
    path = sealed.folder / "pipeline.skops"
    rewrite_schema(path, b'"build_features"', f'"{name}"'.encode())
    rewrite_schema(path, b'"credit_default.bundled"', f'"{module}"'.encode())

    with pytest.raises(
        ArtifactError,
        match=rf"{module}\.{name} \(FunctionNode\), which is not on the list of allowed types",
    ):
        read_pipeline(path, recipe=RECIPE)


def test_a_class_that_skops_would_trust_is_refused_all_the_same(sealed):
    path = sealed.folder / "pipeline.skops"
    rewrite_schema(path, b'"RandomForestClassifier"', b'"RandomForestRegressor"')

    with pytest.raises(ArtifactError, match="RandomForestRegressor"):
        read_pipeline(path, recipe=RECIPE)


def test_a_function_on_the_list_under_another_loader_is_refused(sealed):
    path = sealed.folder / "pipeline.skops"
    rewrite_schema(path, b'"FunctionNode"', b'"OperatorFuncNode"')

    with pytest.raises(ArtifactError, match="OperatorFuncNode"):
        read_pipeline(path, recipe=RECIPE)


def test_an_older_protocol_is_refused(sealed):
    path = sealed.folder / "pipeline.skops"
    rewrite_schema(path, b'"protocol": 2', b'"protocol": 0')

    with pytest.raises(ArtifactError, match="another version of the skops format"):
        read_pipeline(path, recipe=RECIPE)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_not_a_schema_is_refused(sealed, content):
    path = sealed.folder / "pipeline.skops"
    rewrite_zip(path, lambda name, old: content if name == "schema.json" else old)

    with pytest.raises(ArtifactError, match="model artifact"):
        read_pipeline(path, recipe=RECIPE)


def set_first_inner(name, value):
    def edit(nodes):
        nodes[name][np.flatnonzero(nodes["left_child"] >= 0)[0]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (set_first_inner("left_child", 1_000_000), "a child outside the tree"),
        (set_first_inner("right_child", -7), "a child outside the tree"),
        (set_first_inner("left_child", 0), "a child outside the tree"),
        (set_first_inner("right_child", 1), "a node with no parent or with two"),
        (set_first_inner("feature", 1_000_000), "a feature that is not there"),
        (set_first_inner("feature", -2), "a feature that is not there"),
        (set_first_inner("threshold", np.nan), "a threshold that is no number"),
        (set_first_inner("missing_go_to_left", 9), "an unknown direction for missing values"),
        (set_first_inner("left_child", -1), "a node with one child"),
    ],
)
def test_a_tree_that_would_crash_or_never_end_is_refused_before_it_is_built(sealed, edit, found):
    path = sealed.folder / "pipeline.skops"
    edit_tree_nodes(path, edit)

    with pytest.raises(ArtifactError, match=found):
        read_pipeline(path, recipe=RECIPE)


@pytest.fixture
def pipeline(sealed):
    return read_pipeline(sealed.folder / "pipeline.skops", recipe=RECIPE)


def rename_step(pipeline):
    pipeline.steps[0] = ("other", pipeline.steps[0][1])


def add_step(pipeline):
    pipeline.steps.insert(1, ("more", FunctionTransformer()))


def swap_function(pipeline):
    pipeline.steps[0][1].func = np.asarray


def add_inverse(pipeline):
    pipeline.steps[0][1].inverse_func = build_features


def add_keyword(pipeline):
    pipeline.steps[0][1].kw_args["more"] = 1


def break_spec(pipeline):
    pipeline.steps[0][1].kw_args = {"spec": [{"name": "x", "function": "eval", "columns": []}]}


def spoil_spec(pipeline):
    pipeline.steps[0][1].kw_args = {"spec": [7]}


def drop_feature(pipeline):
    pipeline.steps[0][1].kw_args = {"spec": pipeline.steps[0][1].kw_args["spec"][:-1]}


def hide_method(pipeline):
    pipeline.steps[1][1].predict_proba = np.asarray


def hide_tree_method(pipeline):
    pipeline.steps[1][1].estimators_[0].predict_proba = np.asarray


def drop_attribute(pipeline):
    del pipeline.steps[1][1].n_classes_


def drop_tree(pipeline):
    pipeline.steps[1][1].estimators_.pop()


def swap_tree(pipeline):
    pipeline.steps[1][1].estimators_[0] = pipeline.steps[1][1]


def swap_forest(pipeline):
    pipeline.steps[1] = ("forest", FunctionTransformer())


def swap_classes(pipeline):
    pipeline.steps[1][1].classes_ = np.array([1, 0])


def claim_outputs(pipeline):
    pipeline.steps[1][1].estimators_[0].n_outputs_ = 2


def claim_features(pipeline):
    pipeline.steps[1][1].n_features_in_ = 3


def cache_steps(pipeline):
    pipeline.memory = "/tmp"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (rename_step, "other steps"),
        (add_step, "other steps"),
        (swap_function, "another function"),
        (add_inverse, "another transformer"),
        (add_keyword, "other arguments"),
        (break_spec, "a feature list that cannot be read"),
        (spoil_spec, "a feature list that cannot be read"),
        (drop_feature, "over other features"),
        (hide_method, r"attributes \['predict_proba'\] on a RandomForestClassifier"),
        (hide_tree_method, r"attributes \['predict_proba'\] on a DecisionTreeClassifier"),
        (drop_attribute, r"no \['n_classes_'\] on a RandomForestClassifier"),
        (drop_tree, "a wrong number of trees"),
        (swap_tree, "RandomForestClassifier where a DecisionTreeClassifier belongs"),
        (swap_forest, "FunctionTransformer where a RandomForestClassifier belongs"),
        (swap_classes, "other classes"),
        (claim_outputs, "not of two classes"),
        (claim_features, "over other features"),
        (cache_steps, "keeps or passes on"),
    ],
)
def test_a_pipeline_of_another_structure_is_refused(pipeline, change, found):
    change(pipeline)

    with pytest.raises(ArtifactError, match=found):
        check_pipeline(pipeline, recipe=RECIPE)


def test_something_that_is_no_pipeline_is_refused():
    with pytest.raises(ArtifactError, match="dict where a Pipeline belongs"):
        check_pipeline({}, recipe=RECIPE)


def test_a_pipeline_with_more_trees_than_its_recipe_is_refused(sealed):
    with pytest.raises(ArtifactError, match="a wrong number of trees"):
        read_pipeline(sealed.folder / "pipeline.skops", recipe=Recipe(tree_count=TREE_COUNT + 1))


def test_a_pipeline_whose_attributes_have_unexpected_types_is_refused(tmp_path, bundle):
    strange = Pipeline([("features", bundle.pipeline.steps[0][1]), ("forest", bundle.forest)])
    strange.steps = [["features"], 7]
    path = tmp_path / "strange.skops"
    write_pipeline(strange, path)

    with pytest.raises(ArtifactError, match="model artifact"):
        read_pipeline(path, recipe=RECIPE)


def test_the_types_that_others_must_trust_are_three():
    assert list_trusted_types(RANDOM_FOREST) == [
        "credit_default.bundled.build_features",
        "credit_default.bundled.CalibratedForest",
        "sklearn.tree._tree.Tree",
    ]


def test_a_hundred_trees_load_in_a_moment(bundle, tmp_path):
    from copy import deepcopy

    pipeline = deepcopy(bundle.pipeline)
    forest = pipeline.named_steps["forest"]
    forest.estimators_ = [deepcopy(forest.estimators_[i % TREE_COUNT]) for i in range(100)]
    forest.n_estimators = 100
    write_pipeline(pipeline, tmp_path / "pipeline.skops")

    started = time.process_time()
    read_pipeline(tmp_path / "pipeline.skops", recipe=Recipe(tree_count=100))

    assert is_within(time.process_time() - started, 2)  # .25 s of one idle core
