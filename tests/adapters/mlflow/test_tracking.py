import pytest

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.adapters.mlflow.run_search import locate_artifact, read_run_text
from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT, Tracking
from credit_default.errors import InputError, MlflowError, ServiceError

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    # MLflow's own queries, under the SQLAlchemy that the lock names
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"
    ),
]

DATASET = DatasetRecord(
    "march.csv", "ab" * 32, "file:///data/march.csv", "training", 2500, ("age", "sex")
)


def read(tracking, run):
    return tracking.client.get_run(run.run_id)


def test_a_run_ends_finished_with_what_was_recorded(tracking):
    with tracking.start_run(
        "train", name="first", tags={"git_commit": "abc", "model_version": 3}
    ) as run:
        run.record_params({"tree_count": 100, "seed": 0})
        run.record_metrics({"roc_auc": 0.77, "brier": 0.13})
        run.record_tags({"data_origin": "simulated"})

    found = read(tracking, run)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "first"
    assert found.data.params == {"tree_count": "100", "seed": "0"}
    assert found.data.metrics == {"roc_auc": 0.77, "brier": 0.13}
    assert found.data.tags["git_commit"] == "abc"
    assert found.data.tags["model_version"] == "3"
    assert found.data.tags["data_origin"] == "simulated"


def test_a_run_is_below_its_parent(tracking):
    with (
        tracking.start_run("tune", name="search", tags={}) as parent,
        tracking.start_run("tune", name="trial 0", tags={"study": "ab"}, parent=parent) as run,
    ):
        run.record_metrics({"loss": 0.43})

    tags = read(tracking, run).data.tags
    assert (tags["mlflow.parentRunId"], tags["study"]) == (parent.run_id, "ab")
    assert read(tracking, parent).info.status == "FINISHED"


def test_a_run_ends_failed_and_the_exception_goes_on_when_the_block_raises(tracking):
    def fail():
        with tracking.start_run("predict", name="bad", tags={}):
            raise InputError("file", found="nothing", expected="rows", remedy="Send some.")

    with pytest.raises(InputError, match="found nothing"):
        fail()

    experiment = tracking.client.get_experiment_by_name("credit-default/predict")
    (found,) = tracking.client.search_runs([experiment.experiment_id])
    assert found.info.status == "FAILED"


def test_a_run_that_has_ended_can_be_tagged_and_one_that_was_deleted_is_left_alone(tracking):
    with tracking.start_run("train", name="old", tags={}) as run:
        pass

    tracking.tag_ended_run(run.run_id, {"rolled_back_at": "noon"})
    tracking.client.delete_run(run.run_id)
    tracking.tag_ended_run(run.run_id, {"rolled_back_at": "midnight"})
    tracking.tag_ended_run("0" * 32, {"rolled_back_at": "noon"})

    found = read(tracking, run)
    assert (found.info.status, found.data.tags["rolled_back_at"]) == ("FINISHED", "noon")


def test_an_interrupted_run_ends_failed_too(tracking):
    def interrupt():
        with tracking.start_run("monitor", name="stopped", tags={}):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()

    experiment = tracking.client.get_experiment_by_name("credit-default/monitor")
    (found,) = tracking.client.search_runs([experiment.experiment_id])
    assert found.info.status == "FAILED"


def test_more_items_than_one_request_takes_are_all_recorded(tracking):
    with tracking.start_run("train", name="many", tags={}) as run:
        run.record_params({f"param_{i}": i for i in range(230)})
        run.record_metrics({f"metric_{i}": i for i in range(1100)})

    found = read(tracking, run)
    assert len(found.data.params) == 230
    assert len(found.data.metrics) == 1100


def test_a_dataset_is_recorded_with_digest_source_and_row_count(tracking):
    with tracking.start_run("train", name="data", tags={}) as run:
        run.record_datasets([DATASET])

    (found,) = read(tracking, run).inputs.dataset_inputs
    assert found.dataset.name == "march.csv"
    assert found.dataset.digest == ("ab" * 32)[:36]
    assert '"uri": "file:///data/march.csv"' in found.dataset.source
    assert '"num_rows": 2500' in found.dataset.profile
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "training")]


def test_files_folders_and_texts_are_among_the_artifacts(tracking, tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "report.html").write_text("<html></html>")

    with tracking.start_run("monitor", name="files", tags={}) as run:
        run.record_files({"figures/roc.png": b"png", "single/report.html": b"<html></html>"})
        run.record_folder(folder, "report")
        run.record_text("all is well", "verdict.md")

    paths = {
        item.path
        for where in (None, "figures", "single", "report")
        for item in tracking.client.list_artifacts(run.run_id, where)
        if not item.is_dir
    }
    assert paths == {"figures/roc.png", "single/report.html", "report/report.html", "verdict.md"}


def test_a_run_that_has_ended_can_record_more_and_keeps_its_status(tracking):
    with tracking.start_run("train", name="ended", tags={}) as run:
        pass

    tracking.find_run(run.run_id).record_files({"card/card.md": b"# card"})

    assert tracking.client.get_run(run.run_id).info.status == "FINISHED"
    assert read_run_text(tracking, run.run_id, "card/card.md") == "# card"
    assert read_run_text(tracking, run.run_id, "card/other.md") is None
    assert locate_artifact(tracking, run.run_id, "card/card.md").endswith("/artifacts/card/card.md")


def test_artifacts_stay_in_the_lake_and_the_working_folder_stays_clean(
    tracking, lake, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    with tracking.start_run("train", name="text", tags={}) as run:
        run.record_text("hello", "hello.txt")

    assert len(list((lake.home / "mlartifacts" / "train").rglob("hello.txt"))) == 1
    assert list(elsewhere.iterdir()) == []


def test_two_runs_share_their_experiment(tracking):
    with tracking.start_run("train", name="one", tags={}) as one:
        pass
    with tracking.start_run("train", name="two", tags={}) as two:
        pass

    assert one.experiment_id == two.experiment_id
    assert one.run_id != two.run_id


def test_a_parameter_that_changes_is_a_service_error(tracking):
    def change():
        with tracking.start_run("train", name="changing", tags={}) as run:
            run.record_params({"seed": 0})
            run.record_params({"seed": 1})

    with pytest.raises(ServiceError, match="MLflow"):
        change()


def test_a_deleted_experiment_is_named_with_the_command_that_restores_it(tracking):
    with tracking.start_run("train", name="one", tags={}) as run:
        pass
    tracking.client.delete_experiment(run.experiment_id)

    with (
        pytest.raises(
            ServiceError, match=f"mlflow experiments restore --experiment-id {run.experiment_id}"
        ),
        tracking.start_run("train", name="two", tags={}),
    ):
        pass


def test_a_store_that_cannot_be_opened_is_a_service_error(tmp_path):
    (tmp_path / "lake").write_text("a file")
    tracking = Tracking(f"sqlite:///{tmp_path}/lake/mlflow.db")

    with pytest.raises(ServiceError, match=r"File exists|Not a directory"):
        _ = tracking.client


def test_a_dead_server_is_noticed_within_seconds(monkeypatch):
    # the environment's own waiting time is longer; what is tested is that the failure is ours and soon
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    tracking = Tracking("http://127.0.0.1:9")

    with (
        pytest.raises(ServiceError, match=r"127\.0\.0\.1"),
        tracking.start_run("train", name="lost", tags={}),
    ):
        pass


def test_a_servers_run_has_a_link_and_a_databases_its_id():
    server, database = (
        Tracking("http://mlflow.example:5000/"),
        Tracking("sqlite:////lake/mlflow.db"),
    )

    assert (
        server.build_run_address("4", "ab12")
        == "http://mlflow.example:5000/#/experiments/4/runs/ab12"
    )
    assert database.build_run_address("4", "ab12") == "ab12"


def test_an_outage_is_recognised_by_the_errors_type_and_not_by_its_text():
    server, database = Tracking("http://mlflow.example:5000"), Tracking("sqlite:////lake/mlflow.db")
    parts = {"found": "no answer", "expected": "one", "remedy": "Start it."}

    assert server.is_mlflow_outage(MlflowError("the store", **parts))
    assert not server.is_mlflow_outage(ServiceError("MLflow's folder", **parts))
    assert not database.is_mlflow_outage(MlflowError("MLflow", **parts))


def test_telemetry_is_off_and_pickles_are_refused_in_the_environment_that_mlflow_reads():
    import os

    assert MLFLOW_ENVIRONMENT["DO_NOT_TRACK"] == "true"
    assert MLFLOW_ENVIRONMENT["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert MLFLOW_ENVIRONMENT["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    # how long the client waits between tries is conftest.py's own, until a connection sets it
    kept = {key: value for key, value in MLFLOW_ENVIRONMENT.items() if "BACKOFF" not in key}
    assert {key: os.environ[key] for key in kept} == kept
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
