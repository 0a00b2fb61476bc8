"""What MLflow is told of a run: parameters, datasets, tags, metrics, in plain values."""

from collections.abc import Mapping

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile

SHOWN_METRICS = (
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


def describe_file(wiring: Wiring, checked: CheckedFile) -> DatasetRecord:
    """The file that was scored, as MLflow shows a dataset."""
    source = checked.source
    row_count = checked.validated.row_count
    return DatasetRecord(
        checked.name, source.sha256, source.uri, "scoring", row_count, wiring.schema.names
    )


def build_batch_tags(
    wiring: Wiring, batch_id: str, model_version: int, data_origin: str
) -> dict[str, object]:
    """The words by which a run over a batch is found: the same batch_id and model_version stand in every UI."""
    return {
        "batch_id": batch_id,
        "model_version": model_version,
        "data_origin": data_origin,
        "git_commit": wiring.commit,
    }


def pick_figures(values: Mapping[str, float], *, where: str) -> dict[str, float]:
    """The metrics that people ask for, each said to be `where` it was measured."""
    return {f"{name}, {where}": values[name] for name in SHOWN_METRICS if name in values}


def pick_metrics(evaluation: Evaluation, *, where: str) -> dict[str, float]:
    """The metrics that people ask for, each followed by the ends of its interval."""
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
