"""What is recorded of a run in MLflow: the dataset, the tags and the metrics, as plain values."""

from collections.abc import Mapping
from typing import Final

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.data.contract.schema import Schema
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.services.intake.file_check import CheckedFile

SHOWN_METRICS: Final = (
    "roc_auc",
    "average_precision",
    "brier",
    "log_loss",
    "accuracy",
    "f1",
    "precision",
    "recall",
    "ks",
)


def describe_file(checked: CheckedFile, schema: Schema) -> DatasetRecord:
    """Return the file that was scored, as MLflow shows a dataset."""
    source = checked.source
    row_count = checked.validated.row_count
    return DatasetRecord(
        checked.name, source.sha256, source.uri, "scoring", row_count, schema.names
    )


def build_batch_tags(
    batch_id: str, model_version: int, *, data_origin: str, git_commit: str
) -> dict[str, object]:
    """Return the tags by which a run over a batch is found.

    The same `batch_id` and `model_version` are shown in every UI.
    """
    return {
        "batch_id": batch_id,
        "model_version": model_version,
        "data_origin": data_origin,
        "git_commit": git_commit,
    }


def pick_figures(values: Mapping[str, float], *, where: str) -> dict[str, float]:
    """Return the metrics shown in summaries, each named with `where` it was measured.

    A name is such as "roc_auc, test side".
    """
    return {f"{name}, {where}": values[name] for name in SHOWN_METRICS if name in values}


def pick_metrics(evaluation: Evaluation, *, where: str) -> dict[str, float]:
    """Return the metrics shown in summaries, each followed by the ends of its interval.

    The names are as in `pick_figures`, with ", low" and ", high" for the ends.
    """
    picked: dict[str, float] = {}
    for name in SHOWN_METRICS:
        if metric := evaluation.metrics.get(name):
            label = f"{name}, {where}"
            picked |= {
                label: metric.value,
                f"{label}, low": metric.low,
                f"{label}, high": metric.high,
            }
    return picked
