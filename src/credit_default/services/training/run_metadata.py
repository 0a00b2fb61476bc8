"""List the parameters, data sets and metrics of a training run, as MLflow shows them."""

from credit_default.adapters.lake.snapshots import Snapshot
from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.model.families.recipe import describe_recipe
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.training_rows import TrainingRows


def list_params(challenger: Challenger, *, test_share: float) -> dict[str, object]:
    """Return the parameters of the run: recipe, decision policy, schema and the sizes of both sides.

    Args:
        challenger: The fitted challenger.
        test_share: The share of the clients that is on the test side (0–1).
    """
    bundle = challenger.bundle
    return {
        **{f"recipe.{name}": value for name, value in describe_recipe(bundle.recipe).items()},
        **({"recipe.by_size": challenger.recipe_note} if challenger.recipe_note else {}),
        "decision.missed_default_cost": bundle.decision_policy.missed_default_cost,
        "decision.false_alarm_cost": bundle.decision_policy.false_alarm_cost,
        "decision.threshold": bundle.decision_policy.threshold,
        "schema": f"{bundle.schema_name} {bundle.schema_version}",
        "feature_version": bundle.feature_version,
        "feature_count": len(bundle.feature_names),
        "test_share": test_share,
        "development_row_count": bundle.row_count,
        "test_row_count": len(challenger.test_defaulted),
        "judged_by": challenger.judged.description,
        "data_origin": challenger.data_origin,
    }


def list_datasets(
    training: TrainingRows, challenger: Challenger, *, columns: tuple[str, ...]
) -> list[DatasetRecord]:
    """Return the snapshots that the challenger was trained on, then its test side.

    Args:
        training: The rows and their snapshots.
        challenger: The fitted challenger.
        columns: The names of the schema's columns.
    """
    used = [_describe_snapshot(snapshot, columns) for snapshot in training.snapshots]
    test = DatasetRecord(
        "test-side",
        challenger.bundle.digest,
        training.snapshots[0].source.uri,
        "test",
        len(challenger.test_defaulted),
        columns,
    )
    return [*used, test]


def _describe_snapshot(snapshot: Snapshot, columns: tuple[str, ...]) -> DatasetRecord:
    return DatasetRecord(
        f"snapshot-{snapshot.digest}",
        snapshot.source.sha256,
        snapshot.source.uri,
        "training",
        snapshot.row_count,
        columns,
    )


def list_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Return every metric, and the ends of its 95 % interval as `<name>_low` and `<name>_high`."""
    listed: dict[str, float] = {}
    for name, metric in evaluation.metrics.items():
        listed |= {name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high}
    return listed
