"""Connect to MLflow's tracking store, and start, end and find runs in it.

A connection names its store explicitly and reads no environment variable and no global. What MLflow itself reads from the
environment is in `MLFLOW_ENVIRONMENT`, which has to be exported before mlflow is first imported (it is imported late,
here).
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

from credit_default.adapters.host.process_marks import heartbeat, read_own_mark
from credit_default.adapters.mlflow.database_check import check_database_file
from credit_default.adapters.mlflow.errors import mlflow_errors
from credit_default.adapters.mlflow.health_check import wait_for_mlflow
from credit_default.adapters.mlflow.run import ALIVE_TAG, PROCESS_TAG, Run, RunType
from credit_default.errors import MlflowError, ServiceError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, RunInfo

_LOG = logging.getLogger(__name__)
MLFLOW_ENVIRONMENT: Final[Mapping[str, str]] = {
    "DO_NOT_TRACK": "true",  # MLflow does not accept "1"
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is the summary's
    # a dead server is noticed after about half a minute; with MLflow's defaults it takes a quarter of an hour
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}


class Tracking:
    """A connection to MLflow, a SQLite file or a server, that is opened at first use.

    Args:
        tracking_uri: The store's address.
        artifacts_uri: Where files go when the store is a database; None for a server, which decides that itself.
    """

    def __init__(self, tracking_uri: str, *, artifacts_uri: str | None = None) -> None:
        self.tracking_uri = tracking_uri
        self.artifacts_uri = artifacts_uri
        self._client: MlflowClient | None = None

    @property
    def is_server(self) -> bool:
        """Whether the store is a server, which may be unavailable, and not a file."""
        return self.tracking_uri.startswith("http")

    def is_mlflow_outage(self, error: ServiceError) -> bool:
        """Return whether the error says that the MLflow server did not do its part, and not, say, this machine's disk."""
        return self.is_server and isinstance(error, MlflowError)

    def wait_for_store(self, *, timeout_seconds: float) -> None:
        """Wait until the store answers. Raises `MlflowError` when it does not within this time."""
        wait_for_mlflow(self.tracking_uri, timeout_seconds=timeout_seconds)

    @property
    def client(self) -> "MlflowClient":
        """MLflow's own client. Its first use with a new database creates the tables, which takes seconds."""
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
        """Start a run; it is FINISHED when the block ends, and FAILED when the block raises.

        The run carries the mark of this process and, while it lasts, a heartbeat, so that `find_orphaned_runs` finds
        those whose process died.

        Args:
            run_type: It belongs to the experiment `credit-default/<run_type>`.
            name: Its name in MLflow's pages.
            tags: Its tags, as text.
            parent: The run that MLflow shows it below.
            started_at: When it started, for work that was done a while ago; None means now.
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
        """Add tags to a run that has ended, such as a later rollback of its model. A deleted run is left as it is."""
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
        """Return a run that has ended, to record more in it; its status does not change."""
        with mlflow_errors(self.tracking_uri):
            return self._open_run(self.client.get_run(run_id).info)

    def build_run_address(self, experiment_id: str, run_id: str) -> str:
        """Return where a person finds the run: a link on a server, the run's id in a SQLite store."""
        if self.is_server:
            return f"{self.tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
        return run_id

    def build_version_address(self, name: str, number: int) -> str:
        """Return the link to a registered version's page on a server; "" for a SQLite store, which has none."""
        if self.is_server:
            return f"{self.tracking_uri.rstrip('/')}/#/models/{name}/versions/{number}"
        return ""

    def _record_heartbeat(self, run: Run, seconds: int) -> None:
        try:
            run.record_tags({ALIVE_TAG: seconds})
        except ServiceError as error:  # the next one may come through
            _LOG.debug("heartbeat not recorded run_id=%s: %s", run.run_id, error.found)

    def _create_run(
        self,
        run_type: RunType,
        *,
        name: str,
        tags: Mapping[str, object],
        started_at: dt.datetime | None,
    ) -> Run:
        began = None if started_at is None else int(started_at.timestamp() * 1000)
        texts = {key: str(value) for key, value in tags.items()}
        with mlflow_errors(self.tracking_uri):
            experiment = self._find_or_create_experiment(run_type)
            info = self.client.create_run(
                experiment.experiment_id, start_time=began, tags=texts, run_name=name
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
            raise _build_deleted_experiment_error(name, experiment)
        return experiment


def _build_deleted_experiment_error(name: str, experiment: "Experiment | None") -> MlflowError:
    experiment_id = experiment and experiment.experiment_id
    return MlflowError(
        f"MLflow experiment {name}",
        found="a deleted one",
        expected="an active one",
        remedy=f"Restore it: mlflow experiments restore --experiment-id {experiment_id}",
    )
