"""Runs that MLflow knows already: found by their tags, so that one which a crash cut short is recorded once, and read from."""

import datetime as dt
import tempfile
from collections.abc import Mapping
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.mlflow.tracking import RunType, Tracking, mlflow_errors


def find_run_id(tracking: Tracking, run_type: RunType, *, tags: Mapping[str, object]) -> str | None:
    """The newest finished run of this run_type that carries all of these tags, or None."""
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
    """(batch_id, model_version) of each run of this run_type that began since then and did not fail.

    One at work counts too, and one that a person deleted.
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


def read_run_text(tracking: Tracking, run_id: str, name: str) -> str | None:
    """The text that the run keeps under this name, a path such as "card/card.json"; None when it keeps none.

    Raises:
        ServiceError: MLflow can't be asked.
    """
    folder, _, _ = name.rpartition("/")
    with (
        tempfile.TemporaryDirectory() as place,
        mlflow_errors(tracking.tracking_uri),
        disk_errors(Path(place)),
    ):
        if name not in {
            item.path for item in tracking.client.list_artifacts(run_id, folder or None)
        }:
            return None
        return Path(tracking.client.download_artifacts(run_id, name, place)).read_text(
            encoding="utf-8"
        )


def locate_artifact(tracking: Tracking, run_id: str, name: str) -> str:
    """Where the run keeps it: a path on this machine where it is one, else the address of the store."""
    with mlflow_errors(tracking.tracking_uri):
        root = str(tracking.client.get_run(run_id).info.artifact_uri)
    return f"{root.removeprefix('file://')}/{name}"
