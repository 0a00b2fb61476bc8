"""Record what a run did: its parameters, metrics, tags, datasets and files.

`Tracking` starts and ends runs; a `Run` is one of them, open for recording. Everything recorded is in MLflow at once.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.mlflow.datasets import DatasetRecord, describe_dataset
from credit_default.adapters.mlflow.errors import mlflow_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient

RunType = Literal["train", "predict", "monitor", "tune"]
PROCESS_TAG: Final = "process"  # the mark of the process that works on the run
ALIVE_TAG: Final = "alive_for_seconds"  # its heartbeat, counted from the run's start
_METRICS_PER_REQUEST, _PARAMS_PER_REQUEST = 1000, 100  # MLflow's own limits
_Item = TypeVar("_Item")


class Run:
    """One run, to record in. `address` is a link to its page on a server, and the run's id in a SQLite store."""

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
        self.address = address
        self.started_at_ms = started_at_ms
        self._client = client

    def record_params(self, params: Mapping[str, object]) -> None:
        """Record the parameters, as text. MLflow does not let a parameter change later."""
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
        """Record the metrics, at the time of the run's start: a run is about one batch of rows.

        Args:
            metrics: The values by name.
            step: MLflow's step, for a metric that is recorded several times.
            model_id: The logged model that was measured; its page then shows the metrics too.
            dataset: The rows that it was measured on.
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
        """Record tags to find the run by: batch_id, model_version, data_origin, git_commit."""
        from mlflow.entities import RunTag

        items = [RunTag(key, str(value)) for key, value in tags.items()]
        with mlflow_errors(self.address):
            for part in _split_requests(items, _PARAMS_PER_REQUEST):
                self._client.log_batch(self.run_id, tags=part)

    def record_datasets(self, datasets: Sequence[DatasetRecord]) -> None:
        """Record which rows the run used, by name, digest and source. The rows are not copied."""
        with mlflow_errors(self.address):
            inputs = [describe_dataset(dataset) for dataset in datasets]
            self._client.log_inputs(self.run_id, inputs)

    def record_files(self, files: Mapping[str, bytes]) -> None:
        """Record each content as a file under its name, a path such as "figures/roc.png"."""
        with (
            tempfile.TemporaryDirectory() as folder,
            mlflow_errors(self.address),
            disk_errors(Path(folder)),
        ):
            for name, content in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            self._client.log_artifacts(self.run_id, folder)

    def record_folder(self, path: Path, folder: str) -> None:
        """Record a copy of everything in `path`, under `folder`."""
        with mlflow_errors(self.address), disk_errors(path):
            self._client.log_artifacts(self.run_id, str(path), folder)

    def record_text(self, text: str, name: str) -> None:
        """Record the text as a file of this name, a path such as "verdict.md"."""
        with mlflow_errors(self.address), disk_errors(Path(name)):
            self._client.log_text(self.run_id, text, name)


def _split_requests(items: list[_Item], size: int) -> Iterator[list[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
