"""A stored forest is read without scikit-learn: what it says and scores is what scikit-learn says and scores, and it accepts no more."""

import io
import json
import pickle
import subprocess
import sys
import zipfile
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from sklearn.tree._tree import NODE_DTYPE
from tests.adapters.conftest import make_bundle, make_rows

from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.bundles.bundle_manifest import PIPELINE
from credit_default.adapters.bundles.skops_pipeline import read_pipeline
from credit_default.adapters.bundles.stored_reader import read_stored_pipeline
from credit_default.adapters.bundles.tree_check import NODE_TYPE
from credit_default.model.estimator import bundle as bundle_module
from credit_default.model.estimator.bundle import measure_feature_importance
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.recipe_pipeline import calibrate_pipeline
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.families.stored.stored_forest import (
    StoredDecisionTree,
    StoredExtraTree,
    StoredForest,
)
from credit_default.model.families.stored.stored_pipeline import StoredPipeline, StoredTransformer

LINE = Calibration(slope=0.9, intercept=-0.1)


@pytest.fixture(scope="module", params=["forest", "extra-trees", "calibrated", "monotone"])
def written(request, tmp_path_factory):
    """A bundle and the content of its pipeline's file."""
    kind = request.param
    bundle = make_bundle(
        family=kind if "-" in kind else "forest", tree_count=8, monotone=kind == "monotone"
    )
    if kind == "calibrated":
        bundle = replace(bundle, pipeline=calibrate_pipeline(bundle.pipeline, LINE))
        bundle = replace(bundle, digest=digest_bundle(bundle))
    folder = tmp_path_factory.mktemp(kind)
    write_bundle(bundle, folder)
    return bundle, folder


@pytest.fixture(scope="module")
def stored(written):
    bundle, folder = written
    pipeline = read_stored_pipeline((folder / PIPELINE).read_bytes(), recipe=bundle.recipe)
    assert isinstance(pipeline, StoredPipeline)
    return replace(bundle, pipeline=pipeline)


def test_digest_is_that_of_scikit_learns_objects(written, stored):
    assert digest_bundle(stored) == written[0].digest


def test_scores_are_those_of_scikit_learn_to_the_last_bit(written, stored):
    rows = make_rows(1_500, seed=9, prefix="n")

    assert isinstance(stored.forest, StoredForest)
    assert (
        score_probability(stored, rows).tobytes() == score_probability(written[0], rows).tobytes()
    )


def test_both_probabilities_are_those_of_scikit_learn(written, stored):
    matrix = written[0].build_matrix(make_rows(700, seed=3, prefix="n"))

    found, expected = stored.forest.predict_proba(matrix), written[0].forest.predict_proba(matrix)
    assert found.tobytes() == expected.tobytes()


def test_what_scikit_learn_refuses_is_refused_in_its_words(written, stored):
    matrix = written[0].build_matrix(make_rows(5, prefix="n")).copy()
    matrix[2, 1] = np.inf

    with pytest.raises(ValueError, match="infinity") as found:
        stored.forest.predict_proba(matrix)
    with pytest.raises(ValueError, match="infinity") as expected:
        written[0].forest.predict_proba(matrix)
    assert str(found.value) == str(expected.value)


def test_importance_is_that_of_scikit_learn_to_the_last_bit(written, stored):
    assert measure_feature_importance(stored) == measure_feature_importance(written[0])


def test_importance_of_a_forest_without_a_split_is_zero(written, stored):
    grown = deepcopy(stored.forest)
    for member in grown.estimators_:
        member.tree_ = replace(member.tree_, nodes=member.tree_.nodes[:1])

    assert grown.feature_importances_.tolist() == [0.0] * grown.n_features_in_


def _write(bundle, folder):
    write_bundle(bundle, folder)
    return (folder / PIPELINE).read_bytes()


def test_where_compiled_code_is_not_believed_scikit_learns_own_forest_scores(written, monkeypatch):
    bundle, folder = written
    monkeypatch.setattr(bundle_module, "find_disagreement", lambda walker, family: "a bit differs")
    read = read_bundle(folder, expected_digest=bundle.digest)

    assert type(read.pipeline) is Pipeline
    assert read.walker is None
    assert score_probability(read, bundle.reference).tobytes() == (
        score_probability(bundle, bundle.reference).tobytes()
    )


def test_what_it_does_not_know_scikit_learns_own_answers(stored):
    rows = make_rows(4, prefix="n")

    assert type(stored.pipeline.restore()) is Pipeline
    assert stored.forest.restore() is stored.forest.restore()
    assert len(stored.forest.estimators_samples_) == len(stored.forest.estimators_)
    assert (
        stored.pipeline.predict_proba(rows)[:, 1].tolist()
        == score_probability(stored, rows).tolist()
    )
    assert np.array_equal(stored.pipeline[:-1].transform(rows), stored.build_matrix(rows))
    with pytest.raises(AttributeError):
        stored.forest.no_such_thing  # noqa: B018


@pytest.mark.parametrize("copy", [deepcopy, lambda pipeline: pickle.loads(pickle.dumps(pipeline))])
def test_copies_score_alike(stored, copy):
    rows = make_rows(50, prefix="n")
    copied = replace(stored, pipeline=copy(stored.pipeline))

    assert score_probability(copied, rows).tobytes() == score_probability(stored, rows).tobytes()
    assert type(copied.forest.restore()).__name__ == stored.estimator_class


def test_a_bundle_that_was_read_is_written_again_as_it_was(written, tmp_path):
    bundle, folder = written
    read = read_bundle(folder, expected_digest=bundle.digest)
    sealed = write_bundle(read, tmp_path)

    assert isinstance(read.pipeline, StoredPipeline)
    assert read_bundle(tmp_path, expected_digest=sealed.digest).digest == bundle.digest


def test_classes_have_scikit_learns_parameters_and_nodes():
    pairs = [
        (RandomForestClassifier, StoredForest),
        (ExtraTreesClassifier, StoredForest),
        (DecisionTreeClassifier, StoredDecisionTree),
        (ExtraTreeClassifier, StoredExtraTree),
        (Pipeline, StoredPipeline),
        (FunctionTransformer, StoredTransformer),
    ]
    for theirs, ours in pairs:
        assert ours._get_param_names() == theirs._get_param_names()
    assert NODE_TYPE == NODE_DTYPE
    for forest in (RandomForestClassifier(), ExtraTreesClassifier()):
        assert forest.__sklearn_tags__().input_tags.allow_nan is StoredForest.takes_missing


SCORE = """
import sys
from pathlib import Path
from credit_default.adapters.bundles.bundle_files import read_bundle
from credit_default.model.estimator.scoring import score_probability
bundle = read_bundle(Path(sys.argv[1]), expected_digest=sys.argv[2])
print(score_probability(bundle, bundle.reference).sum().hex(), bundle.walker is not None)
print([name for name in ("sklearn", "skops", "joblib") if name in sys.modules])
"""


def test_reading_and_scoring_import_neither_scikit_learn_nor_skops(written):
    bundle, folder = written
    done = subprocess.run(
        [sys.executable, "-c", SCORE, str(folder), bundle.digest],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = score_probability(bundle, bundle.reference).sum().hex()

    assert done.stdout.splitlines() == [f"{expected} True", "[]"]


def change(content, alter):
    """The file with the schema as `alter` leaves it."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                schema = json.loads(data)
                alter(schema)
                data = json.dumps(schema).encode()
            new.writestr(name, data)
    return changed.getvalue()


def attributes_of(schema):
    return schema["content"]["content"]["steps"]["content"][1]["content"][1]["content"]["content"]


def _drop_key_types(schema):
    schema["content"]["key_types"]["content"].pop()


def _name_two_things_alike(schema):
    attributes = attributes_of(schema)
    attributes["max_depth"] = {**attributes["max_depth"], "content": "77", "__id__": 5}
    attributes["n_estimators"] = {**attributes["n_estimators"], "__id__": 5}


def _add_an_attribute(schema):
    attributes = attributes_of(schema)
    attributes["predict_proba"] = attributes["max_depth"]
    schema["content"]["content"]["steps"]["content"][1]["content"][1]["content"]["key_types"][
        "content"
    ].append({"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"})


def _add_an_entry(schema):
    attributes_of(schema)["max_depth"]["odd"] = 1


def _store_a_list_as_json(schema):
    attributes_of(schema)["max_depth"]["content"] = "[1, 2]"


def _take_the_version(schema):
    schema.pop("_skops_version")


@pytest.mark.parametrize(
    "alter",
    [
        _drop_key_types,
        _name_two_things_alike,
        _add_an_attribute,
        _add_an_entry,
        _store_a_list_as_json,
        _take_the_version,
    ],
)
def test_what_is_not_as_train_writes_it_is_left_to_the_reader_that_judges(bundle, tmp_path, alter):
    content = _write(bundle, tmp_path)

    assert read_stored_pipeline(change(content, lambda _: None), recipe=bundle.recipe) is not None
    assert read_stored_pipeline(change(content, alter), recipe=bundle.recipe) is None


def test_another_family_is_left_to_it_too(bundle, tmp_path):
    boosted = make_bundle(family="boosting", tree_count=3)

    assert read_stored_pipeline(_write(boosted, tmp_path), recipe=boosted.recipe) is None
    assert read_stored_pipeline(b"no archive", recipe=bundle.recipe) is None


def test_trees_cannot_reach_scikit_learn_unchecked(bundle, tmp_path):
    """What is restored was read by the other reader, under its checks."""
    content = _write(bundle, tmp_path)
    stored = read_stored_pipeline(content, recipe=bundle.recipe)

    assert (
        stored.restore().predict_proba(bundle.reference).tobytes()
        == read_pipeline(tmp_path / PIPELINE, recipe=bundle.recipe)
        .predict_proba(bundle.reference)
        .tobytes()
    )
