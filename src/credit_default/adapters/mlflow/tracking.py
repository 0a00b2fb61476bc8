"""Runs in MLflow (mlflow's home, with `registry`): what was tried, on which data, with what result.

A connection names its store explicitly and reads no environment and no global; what MLflow itself reads from the environment
stands in `MLFLOW_ENVIRONMENT`, which the settings apply before mlflow is first imported (it is imported late, here).
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.process_marks import heartbeat, read_own_mark
from credit_default.adapters.mlflow.database_check import check_database_file
from credit_default.adapters.mlflow.datasets import DatasetRecord, describe_dataset
from credit_default.adapters.mlflow.errors import MLFLOW_ERROR_PREFIX, mlflow_errors
from credit_default.adapters.mlflow.health_check import wait_for_mlflow
from credit_default.errors import ServiceError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, RunInfo

__all__ = ["MLFLOW_ENVIRONMENT", "DatasetRecord", "Run", "RunType", "Tracking", "mlflow_errors"]

RunType = Literal["train", "predict", "monitor", "tune"]
MLFLOW_ENVIRONMENT: Final[Mapping[str, str]] = {
    "DO_NOT_TRACK": "true",  # MLflow does not take "1" for an answer
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is the summary's
    # a dead server is noticed after about half a minute, where the defaults take a quarter of an hour
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}
PROCESS_TAG, ALIVE_TAG = "process", "alive_for_seconds"
_METRICS_PER_REQUEST, _PARAMS_PER_REQUEST = 1000, 100  # MLflow's own limits
_Item = TypeVar("_Item")


class Run:
    """One open run: everything recorded here stands in MLflow at once."""

    def __init__(
        self,
        client: "MlflowClient",
        *,
        run_id: str,
        experiment_id: str,
        started_at_ms: int,
        address: str,
    ) -> None:
        self.run_id = run_id
        self.experiment_id = experiment_id
        self.address = address  # a link on a server, the run's id otherwise
        self.started_at_ms = started_at_ms
        self._client = client

    def record_params(self, params: Mapping[str, object]) -> None:
        """None; what was chosen, as text. A parameter can't be changed later."""
        from mlflow.entities import Param

        items = [Param(key, str(value)) for key, value in params.items()]
        with mlflow_errors(self.address):
            for part in _split_requests(items, _PARAMS_PER_REQUEST):
                self._client.log_batch(self.run_id, params=part)

    def record_metrics(
        self,
        metrics: Mapping[str, float],
        *,
        step: int = 0,
        model_id: str | None = None,
        dataset: DatasetRecord | None = None,
    ) -> None:
        """None; what was measured, and when given on which model and dataset, so that their pages show it too.

        Times are the run's start: a run has one moment, its batch of rows.
        """
        from mlflow.entities import Metric

        link = {"model_id": model_id} if model_id else {}
        if dataset:
            link |= {"dataset_name": dataset.name, "dataset_digest": dataset.digest[:36]}
        items = [
            Metric(key, float(value), self.started_at_ms, step, **link)
            for key, value in metrics.items()
        ]
        with mlflow_errors(self.address):
            for part in _split_requests(items, _METRICS_PER_REQUEST):
                self._client.log_batch(self.run_id, metrics=part)

    def record_tags(self, tags: Mapping[str, object]) -> None:
        """None; words to find the run by: batch_id, model_version, data_origin, git_commit."""
        from mlflow.entities import RunTag

        with mlflow_errors(self.address):
            for part in _split_requests(
                [RunTag(key, str(value)) for key, value in tags.items()], _PARAMS_PER_REQUEST
            ):
                self._client.log_batch(self.run_id, tags=part)

    def record_datasets(self, datasets: Sequence[DatasetRecord]) -> None:
        """None; the rows that the run used, by name, digest and source; the rows themselves stay where they are."""
        with mlflow_errors(self.address):
            self._client.log_inputs(
                self.run_id, [describe_dataset(dataset) for dataset in datasets]
            )

    def record_files(self, files: Mapping[str, bytes]) -> None:
        """None; each content under its name, a path such as "figures/roc.png"."""
        with (
            tempfile.TemporaryDirectory() as name,
            mlflow_errors(self.address),
            disk_errors(Path(name)),
        ):
            for path, content in files.items():
                place = Path(name) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            self._client.log_artifacts(self.run_id, name)

    def record_folder(self, path: Path, folder: str) -> None:
        """None; a copy of all that is in `path`, under `folder`."""
        with mlflow_errors(self.address), disk_errors(path):
            self._client.log_artifacts(self.run_id, str(path), folder)

    def record_text(self, text: str, name: str) -> None:
        """None; the text as `name`, a path such as "verdict.md"."""
        with mlflow_errors(self.address), disk_errors(Path(name)):
            self._client.log_text(self.run_id, text, name)


class Tracking:
    """A connection to MLflow: a SQLite file or a server, opened at first use.

    `artifacts_uri` says where files go when the store is a database; a server decides that itself (None).
    """

    def __init__(self, tracking_uri: str, *, artifacts_uri: str | None = None) -> None:
        self.tracking_uri = tracking_uri
        self.artifacts_uri = artifacts_uri
        self._client: MlflowClient | None = None

    @property
    def is_server(self) -> bool:
        """Whether the store is a server, which may be away, and not a file."""
        return self.tracking_uri.startswith("http")

    def is_mlflow_outage(self, error: ServiceError) -> bool:
        """Whether the error says that the server did not do its part, and not, say, this machine's disk."""
        return self.is_server and error.thing.startswith(MLFLOW_ERROR_PREFIX)

    def wait_for_store(self, *, timeout_seconds: float) -> None:
        """Nothing; returns once the store can be asked. Raises `ServiceError` when it can't be in this time."""
        wait_for_mlflow(self.tracking_uri, timeout_seconds=timeout_seconds)

    @property
    def client(self) -> "MlflowClient":
        """MLflow's own client, for `registry`. The first use of a new database makes its tables, which takes seconds."""
        if self._client is None:
            with mlflow_errors(self.tracking_uri):
                check_database_file(self.tracking_uri)
                from mlflow import MlflowClient

                self._client = MlflowClient(
                    tracking_uri=self.tracking_uri, registry_uri=self.tracking_uri
                )
        return self._client

    @contextmanager
    def start_run(
        self,
        run_type: RunType,
        *,
        name: str,
        tags: Mapping[str, object],
        parent: Run | None = None,
        started_at: dt.datetime | None = None,
    ) -> Iterator[Run]:
        """A run in the experiment `credit-default/<run_type>`, FINISHED when the block ends, FAILED when it raises.

        MLflow shows it below its `parent`, when it has one. It carries the mark of this process and, when it lasts, signs
        of life: `stale_runs` finds those whose process died. `started_at` is for what was done a while ago.
        """
        below = {"mlflow.parentRunId": parent.run_id} if parent else {}
        marked = {**tags, **below, PROCESS_TAG: read_own_mark()}
        run = self._create_run(run_type, name=name, tags=marked, started_at=started_at)
        try:
            with heartbeat(lambda seconds: self._record_heartbeat(run, seconds)):
                yield run
        except BaseException:
            self._end_run(run, "FAILED")
            raise
        self._end_run(run, "FINISHED")

    def tag_ended_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        """None; words on a run that has ended: what became of its model. One that was deleted since is left alone."""
        from mlflow import MlflowException

        with mlflow_errors(self.tracking_uri):
            try:
                if self.client.get_run(run_id).info.lifecycle_stage != "active":
                    return
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return
                raise
            for key, value in tags.items():
                self.client.set_tag(run_id, key, value)

    def find_run(self, run_id: str) -> Run:
        """A run that ended before, to record more in; its status stays what it is."""
        with mlflow_errors(self.tracking_uri):
            return self._open_run(self.client.get_run(run_id).info)

    def _record_heartbeat(self, run: Run, seconds: int) -> None:
        with suppress(ServiceError):  # the next one may come through
            run.record_tags({ALIVE_TAG: seconds})

    def _create_run(
        self,
        run_type: RunType,
        *,
        name: str,
        tags: Mapping[str, object],
        started_at: dt.datetime | None,
    ) -> Run:
        began = None if started_at is None else int(started_at.timestamp() * 1000)
        told = {key: str(value) for key, value in tags.items()}
        with mlflow_errors(self.tracking_uri):
            experiment = self._find_or_create_experiment(run_type)
            info = self.client.create_run(
                experiment.experiment_id, start_time=began, tags=told, run_name=name
            ).info
        return self._open_run(info)

    def _open_run(self, info: "RunInfo") -> Run:
        return Run(
            self.client,
            run_id=info.run_id,
            experiment_id=info.experiment_id,
            started_at_ms=info.start_time,
            address=self.build_run_address(info.experiment_id, info.run_id),
        )

    def build_run_address(self, experiment_id: str, run_id: str) -> str:
        """Where a person finds the run: a link on a server, the run's id in a SQLite store."""
        if self.is_server:
            return f"{self.tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
        return run_id

    def _end_run(self, run: Run, status: Literal["FINISHED", "FAILED"]) -> None:
        with mlflow_errors(run.address):
            self.client.set_terminated(run.run_id, status)

    def _find_or_create_experiment(self, run_type: RunType) -> "Experiment":
        from mlflow import MlflowException

        name = f"credit-default/{run_type}"
        experiment = self.client.get_experiment_by_name(name)
        if experiment is None:
            location = f"{self.artifacts_uri}/{run_type}" if self.artifacts_uri else None
            try:
                self.client.create_experiment(name, artifact_location=location)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another runner was faster
                    raise
            experiment = self.client.get_experiment_by_name(name)
        if experiment is None or experiment.lifecycle_stage != "active":
            raise ServiceError(
                f"MLflow experiment {name}",
                found="a deleted one",
                expected="an active one",
                remedy=f"Restore it: mlflow experiments restore --experiment-id {experiment and experiment.experiment_id}",
            )
        return experiment


def _split_requests(items: list[_Item], size: int) -> Iterator[list[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
