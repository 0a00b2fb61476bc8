import datetime as dt
from pathlib import Path

import mlflow
import numpy as np
import pytest

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.adapters.mlflow.registry import Registry
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.errors import ArtifactError, InputError
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.scoring import score_probability

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    # MLflow's own queries, under the SQLAlchemy that the lock names
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"
    ),
]

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)
GOOD = Verdict("promotion", "ok", ("better by .004",), {"auc_gain": 0.004})
BAD = Verdict("promotion", "refused", ("no better",))
DATASET = DatasetRecord("test-side", "cd" * 32, "file:///data/march.csv", "test", 300)


def register(registry, tracking, bundle, *, name="train"):
    with tracking.start_run("train", name=name, tags={}) as run:
        return registry.register(
            run, bundle, metrics={"roc_auc": 0.77}, dataset=DATASET, tags={"data_origin": "real"}
        )


def test_an_empty_registry_has_no_versions_and_no_champion(registry):
    assert registry.list_versions() == ()
    assert registry.find_champion() is None


def test_a_registered_bundle_is_the_challenger_with_its_digest(registry, tracking, bundle):
    version = register(registry, tracking, bundle)

    assert (version.name, version.number, version.digest) == ("credit-default", 1, bundle.digest)
    assert version.aliases == ("challenger",)
    assert version.tags["data_origin"] == "real"
    assert not version.is_champion
    assert registry.list_versions() == (version,)


def test_a_loaded_version_scores_to_the_bit_what_was_registered(registry, tracking, bundle):
    version = register(registry, tracking, bundle)

    loaded = registry.load_version(version)

    rows = bundle.reference
    assert np.array_equal(score_probability(loaded, rows), score_probability(bundle, rows))
    assert loaded.digest == bundle.digest
    assert loaded.reference.equals(bundle.reference)


def test_registering_again_in_the_same_run_is_once(registry, tracking, bundle):
    with tracking.start_run("train", name="retried", tags={}) as run:
        first = registry.register(run, bundle, metrics={})
        second = registry.register(run, bundle, metrics={})

    assert first == second
    assert len(registry.list_versions()) == 1


def test_promotion_moves_the_alias_and_writes_the_verdict(registry, tracking, bundle):
    version = register(registry, tracking, bundle)

    champion = registry.promote(version, GOOD, promoted_at=NOON)

    assert champion.is_champion
    assert champion == registry.find_champion()
    assert champion.aliases == ("champion",)
    assert champion.tags["verdict"] == "promotion: ok"
    assert champion.tags["verdict_reasons"] == "better by .004"
    assert champion.tags["verdict_figures"] == '{"auc_gain": 0.004}'
    assert champion.tags["promoted_at"] == "2005-10-01T12:00:00+00:00"


def test_promoting_the_champion_again_changes_nothing(registry, tracking, bundle):
    champion = registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)

    again = registry.promote(champion, GOOD, promoted_at=NOON.replace(hour=18))

    assert again == champion


def test_a_refused_verdict_promotes_no_version_but_is_recorded(registry, tracking, bundle):
    version = register(registry, tracking, bundle)

    with pytest.raises(InputError, match="found a verdict of 'refused'"):
        registry.promote(version, BAD, promoted_at=NOON)
    registry.record_verdict(version, BAD)

    assert registry.find_champion() is None
    assert registry.find_version(1).tags["verdict"] == "promotion: refused"


def test_rollback_brings_back_the_champion_before(registry, tracking, bundle, other_bundle):
    first = registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)
    second = registry.promote(register(registry, tracking, other_bundle), GOOD, promoted_at=NOON)

    back = registry.rollback(reason="scores too low in branch 7", rolled_back_at=NOON)

    assert second.tags["replaced_version"] == "1"
    assert (back.number, back.digest) == (first.number, bundle.digest)
    assert registry.find_champion() == back
    assert registry.find_version(2).tags["rolled_back_because"] == "scores too low in branch 7"


def test_rollback_is_refused_when_there_was_no_champion_before(registry, tracking, bundle):
    with pytest.raises(InputError, match="no champion"):
        registry.rollback(reason="why not", rolled_back_at=NOON)
    registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)

    with pytest.raises(InputError, match="no champion before version 1"):
        registry.rollback(reason="why not", rolled_back_at=NOON)


def test_a_deleted_champion_leaves_no_champion(registry, tracking, bundle):
    registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)

    tracking.client.delete_model_version("credit-default", "1")

    assert registry.find_champion() is None
    with pytest.raises(InputError, match="no version 1"):
        registry.find_version(1)


def test_versions_are_listed_newest_first_with_their_aliases(
    registry, tracking, bundle, other_bundle
):
    registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)
    register(registry, tracking, other_bundle)

    found = [(version.number, version.aliases) for version in registry.list_versions()]
    assert found == [(2, ("challenger",)), (1, ("champion",))]


def test_an_artifact_that_was_exchanged_is_refused(registry, tracking, lake, bundle, other_bundle):
    version = register(registry, tracking, bundle)
    other = register(registry, tracking, other_bundle)
    mine, theirs = (
        lake.home / "mlartifacts" / "train" / "models" / v.model_id / "artifacts"
        for v in (version, other)
    )
    for path in theirs.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())

    with pytest.raises(ArtifactError, match="another sha256"):
        registry.load_version(version)

    assert not (lake.bundles / version.digest).exists()


def test_a_damaged_copy_in_the_cache_is_fetched_again(registry, tracking, lake, bundle):
    version = register(registry, tracking, bundle)
    registry.load_version(version)
    (lake.bundles / version.digest / "pipeline.skops").write_bytes(b"damaged")

    loaded = registry.load_version(version)

    assert loaded.digest == bundle.digest
    assert registry.find_cached_bundle(version) == lake.bundles / version.digest
    assert (lake.bundles / version.digest / "pipeline.skops").read_bytes() != b"damaged"


def test_a_version_that_train_did_not_register_is_refused(registry, tracking, lake):
    tracking.client.create_registered_model("credit-default")
    tracking.client.create_model_version("credit-default", lake.artifacts_uri)

    with pytest.raises(ArtifactError, match="a version that `train` registered"):
        registry.find_version(1)


def test_the_models_page_has_signature_requirements_metrics_and_dataset(registry, tracking, bundle):
    version = register(registry, tracking, bundle)

    model = tracking.client.get_logged_model(version.model_id)
    run = tracking.client.get_run(version.run_id)
    folder = model.artifact_location.removeprefix("file://")
    described = mlflow.models.Model.load(folder)
    (metric,) = model.metrics

    assert (metric.key, metric.value, metric.dataset_name) == ("roc_auc", 0.77, "test-side")
    assert model.params["recipe.tree_count"] == "5"
    assert '"name": "credit-default"' in model.tags["mlflow.modelVersions"]
    assert run.outputs.model_outputs[0].model_id == version.model_id
    assert run.data.metrics["roc_auc"] == 0.77
    assert described.signature.inputs.input_names() == list(bundle.input_names)
    assert {str(kind) for kind in described.signature.inputs.input_types()} == {"DataType.double"}
    assert described.metadata["digest"] == bundle.digest
    requirements = Path(folder, "requirements.txt").read_text(encoding="utf-8").split()
    assert [line.split("==")[0] for line in requirements] == [
        "numpy",
        "polars",
        "scikit-learn",
        "skops",
    ]


def test_the_forest_is_in_the_store_once(registry, tracking, lake, bundle):
    register(registry, tracking, bundle)

    assert len(list((lake.home / "mlartifacts").rglob("*.skops"))) == 1


@pytest.mark.parametrize("name", ["bundle", "calibrated_bundle"])
def test_a_user_who_trusts_the_store_can_load_it_with_mlflow_alone(
    request, registry, tracking, name, monkeypatch
):
    bundle = request.getfixturevalue(name)
    version = register(registry, tracking, bundle)
    rows = bundle.reference.select(bundle.input_names).to_pandas().astype(float)
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    monkeypatch.setattr(
        mlflow.tracking._tracking_service.utils, "_tracking_uri", tracking.tracking_uri
    )

    model = mlflow.pyfunc.load_model(f"models:/credit-default/{version.number}")

    assert np.array_equal(model.predict(rows)[:, 1], score_probability(bundle, bundle.reference))


def test_registering_leaves_mlflows_global_address_and_the_working_folder_alone(
    registry, tracking, bundle, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = mlflow.tracking._tracking_service.utils._tracking_uri

    register(registry, tracking, bundle)

    assert mlflow.tracking._tracking_service.utils._tracking_uri == before
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_a_registry_of_another_name_is_another_model(tracking, lake, bundle):
    registry = Registry(tracking, cache=lake.bundles, name="other-portfolio")

    version = register(registry, tracking, bundle)

    assert (version.name, version.number) == ("other-portfolio", 1)
    assert Registry(tracking, cache=lake.bundles).list_versions() == ()


def test_a_connection_made_anew_sees_what_the_first_one_wrote(registry, tracking, lake, bundle):
    registry.promote(register(registry, tracking, bundle), GOOD, promoted_at=NOON)

    again = Registry(Tracking(tracking.tracking_uri), cache=lake.bundles)

    assert again.find_champion() == registry.find_champion()
