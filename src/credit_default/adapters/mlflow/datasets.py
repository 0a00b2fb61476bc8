"""Describe the rows that a run used as an MLflow dataset: by name, digest and source. The rows are not copied."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """The rows that a run used, as MLflow lists them among the run's datasets."""

    name: str
    digest: str  # of the content; MLflow shows the first 36 characters
    source_uri: str
    context: str  # "training", "test", "scoring", "monitoring", …
    row_count: int
    columns: tuple[str, ...] = ()


def describe_dataset(dataset: DatasetRecord) -> Any:
    """Build MLflow's `DatasetInput` for these rows."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    columns = [{"type": "string", "name": name, "required": True} for name in dataset.columns]
    entity = Dataset(
        name=dataset.name,
        digest=dataset.digest[:36],
        source_type="uri",
        source=json.dumps({"uri": dataset.source_uri}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": dataset.row_count, "sha256": dataset.digest}),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", dataset.context)])
