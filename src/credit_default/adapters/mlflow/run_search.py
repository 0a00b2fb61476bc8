"""Find runs that MLflow already has, by their tags, and read what they keep.

With it a run that a crash cut short is recorded once, and the model card of an earlier training is found again.
"""

import datetime as dt
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.file_addresses import find_file_path
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.run import RunType
from credit_default.adapters.mlflow.tracking import Tracking


def find_run_id(tracking: Tracking, run_type: RunType, *, tags: Mapping[str, object]) -> str | None:
    """Return the id of the newest finished run of this type that has all of these tags, or None."""
    wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
    with mlflow_errors(tracking.tracking_uri):
        experiment = tracking.client.get_experiment_by_name(f"credit-default/{run_type}")
        if experiment is None:
            return None
        runs = tracking.client.search_runs(
            [experiment.experiment_id],
            filter_string=f"{wanted} and attributes.status = 'FINISHED'",
            max_results=1,
        )
    return str(runs[0].info.run_id) if runs else None


def list_recorded_batches(
    tracking: Tracking, run_type: RunType, *, since: dt.datetime
) -> frozenset[tuple[str, str]]:
    """Return (batch_id, model_version) of each run of this type that began since then and did not fail.

    Runs that are still running count too, and so do runs that a person has deleted.
    """
    from mlflow.entities import ViewType

    states = " and ".join(f"attributes.status != '{status}'" for status in ("FAILED", "KILLED"))
    wanted = f"{states} and attributes.start_time >= {int(since.timestamp() * 1000)}"
    found: list[tuple[str, str]] = []
    token = None
    with mlflow_errors(tracking.tracking_uri):
        experiment = tracking.client.get_experiment_by_name(f"credit-default/{run_type}")
        while experiment is not None:
            page = tracking.client.search_runs(
                [experiment.experiment_id], wanted, ViewType.ALL, 1_000, page_token=token
            )
            found += [
                (run.data.tags.get("batch_id", ""), run.data.tags.get("model_version", ""))
                for run in page
            ]
            if not (token := page.token):
                break
    return frozenset(found)


def read_run_params(
    tracking: Tracking, run_type: RunType, run_ids: Collection[str]
) -> dict[str, Mapping[str, str]]:
    """Return the parameters of these runs by their ids, in one request; a deleted run is left out."""
    with mlflow_errors(tracking.tracking_uri):
        experiment = tracking.client.get_experiment_by_name(f"credit-default/{run_type}")
        if experiment is None or not run_ids:
            return {}
        named = ", ".join(f"'{run_id}'" for run_id in sorted(run_ids))
        runs = tracking.client.search_runs(
            [experiment.experiment_id],
            filter_string=f"attributes.run_id IN ({named})",
            max_results=len(run_ids),
        )
    return {str(run.info.run_id): dict(run.data.params) for run in runs}


def read_run_text(tracking: Tracking, run_id: str, name: str) -> str | None:
    """Return a text that the run keeps, or None when it keeps none of this name; as `read_run_file`."""
    content = read_run_file(tracking, run_id, name)
    return None if content is None else content.decode("utf-8")


def read_run_file(tracking: Tracking, run_id: str, name: str) -> bytes | None:
    """Return a file that the run keeps, or None when it keeps none of this name.

    Args:
        tracking: The connection to MLflow.
        run_id: The run's id.
        name: The artifact's path, such as "card/card.json".

    Raises:
        ServiceError: MLflow does not answer, or the disk cannot be read or written.
    """
    folder, _, _ = name.rpartition("/")
    with (
        tempfile.TemporaryDirectory() as target,
        mlflow_errors(tracking.tracking_uri),
        disk_errors(Path(target)),
    ):
        artifacts = tracking.client.list_artifacts(run_id, folder or None)
        if name not in {artifact.path for artifact in artifacts}:
            return None
        path = Path(tracking.client.download_artifacts(run_id, name, target))
        return path.read_bytes()


def locate_artifact(tracking: Tracking, run_id: str, name: str) -> str:
    """Return where the run keeps an artifact: a path when it is on this machine, else the store's address of it."""
    with mlflow_errors(tracking.tracking_uri):
        root = str(tracking.client.get_run(run_id).info.artifact_uri)
    path = find_file_path(root)
    return f"{root if path is None else path}/{name}"


def list_experiment_addresses(tracking: Tracking) -> tuple[str, ...]:
    """Return where the artifacts of this project's experiments are kept, in alphabetical order."""
    with mlflow_errors(tracking.tracking_uri):
        found = tracking.client.search_experiments(filter_string="name LIKE 'credit-default/%'")
    return tuple(sorted(str(experiment.artifact_location) for experiment in found))
