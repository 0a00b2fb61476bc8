"""Parameters, data sets and metrics of a training run, as MLflow shows them."""

from dataclasses import asdict

from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import Challenger, TrainingRows
from credit_default.services.training.validation_study import Assessment


def list_params(
    wiring: Wiring, training: TrainingRows, challenger: Challenger
) -> dict[str, object]:
    """What was chosen, by the names that MLflow shows."""
    bundle = challenger.bundle
    return {
        **{f"recipe.{name}": value for name, value in asdict(bundle.recipe).items()},
        "decision.missed_default_cost": bundle.decision_policy.missed_default_cost,
        "decision.false_alarm_cost": bundle.decision_policy.false_alarm_cost,
        "decision.threshold": bundle.decision_policy.threshold,
        "schema": f"{bundle.schema_name} {bundle.schema_version}",
        "feature_version": bundle.feature_version,
        "feature_count": len(bundle.feature_names),
        "test_share": wiring.settings.refresh.test_share,
        "development_row_count": bundle.row_count,
        "test_row_count": challenger.evaluation.row_count,
        "data_origin": training.data_origin,
    }


def list_datasets(
    wiring: Wiring, training: TrainingRows, challenger: Challenger
) -> list[DatasetRecord]:
    """The snapshots trained on, then the test side."""
    columns = wiring.schema.names
    used = [
        DatasetRecord(
            f"snapshot-{s.digest}", s.source.sha256, s.source.uri, "training", s.row_count, columns
        )
        for s in training.snapshots
    ]
    test = DatasetRecord(
        "test-side",
        challenger.bundle.digest,
        training.snapshots[0].source.uri,
        "test",
        challenger.evaluation.row_count,
        columns,
    )
    return [*used, test]


def list_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Every metric, and the ends of its 95 % interval as `<name>_low` and `<name>_high`."""
    listed: dict[str, float] = {}
    for name, metric in evaluation.metrics.items():
        listed |= {name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high}
    return listed


def list_assessment_metrics(assessment: Assessment) -> dict[str, float]:
    """What was assessed, by names that MLflow's tables can compare from run to run."""
    listed: dict[str, float] = {}
    for line in assessment.fairness.headlines:
        if line.lowest_ratio and line.lowest_ratio.acceptance_ratio:
            name = line.attribute.replace(" ", "_")
            listed[f"fairness_lowest_ratio_{name}"] = line.lowest_ratio.acceptance_ratio.value
    for rival in assessment.rivals:
        for measure, gain in rival.gains.items():
            listed[f"gain_over_{rival.name.replace(' ', '_')}_{measure}"] = gain.gain
    if assessment.loss:
        listed["expected_loss"] = assessment.loss.expected_loss_amount
    if assessment.stability:
        listed["stability_mean_difference"] = assessment.stability.mean_difference
        listed["stability_changed_decision_share"] = assessment.stability.changed_decision_share
    return listed
