"""Gather the evidence behind a model card: what one training read, measured and decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.gates.verdict import Verdict
from credit_default.services.assessment.validation_study import Assessment
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.baselines import BaselineComparison
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.cross_validation import FOLD_COUNT, FOLD_SEEDS
from credit_default.services.training.training_record import TrainingRecord
from credit_default.views.card.evidence import BaselineFacts, CardEvidence, VersionIdentity
from credit_default.views.documents.document import Picture

_LIBRARIES = ("credit-default", "scikit-learn", "numpy", "polars", "mlflow", "prefect", "skops")


@dataclass(frozen=True, slots=True, eq=False)
class JudgedVersion:
    """A version with what its training recorded, and what was decided on it."""

    version: ModelVersion
    record: TrainingRecord
    verdict: Verdict  # of the promotion gate
    status: str  # after the gate, as the training's summary shows it


def _build_identity(version: ModelVersion) -> VersionIdentity:
    return VersionIdentity(
        version.name,
        version.number,
        version.tags.get("trained_at", ""),
        version.run_id,
        version.tags.get("git_commit", ""),
        {name: metadata.version(name) for name in _LIBRARIES},
    )


def build_evidence(
    wiring: Wiring,
    judged: JudgedVersion,
    *,
    challenger: Challenger,
    assessment: Assessment,
    pictures: Mapping[str, Picture],
) -> CardEvidence:
    """Return everything that was read, measured and decided about a version.

    Args:
        wiring: The portfolio, and the settings to report.
        judged: The version, and what was decided on it.
        challenger: Its fitted challenger.
        assessment: What was measured of it beside its metrics.
        pictures: Its charts, by name.
    """
    assessed, folds = assessment, judged.record.folds
    return CardEvidence(
        identity=_build_identity(judged.version),
        bundle=challenger.bundle,
        schema=wiring.schema,
        data=judged.record.data,
        evaluation=challenger.evaluation,
        judged_on=challenger.judged.place,
        recipe_note=challenger.recipe_note,
        verdict=judged.verdict,
        status=judged.status,
        calibration_reason=challenger.calibration.reason,
        economics=assessed.economics,
        loss=assessed.loss,
        fairness=assessed.fairness,
        fairness_verdict=assessed.fairness_verdict,
        comparison=assessed.comparison,
        proxies=assessed.proxies,
        flips=assessed.flips,
        baselines=tuple(_build_baseline_facts(baseline) for baseline in assessed.baselines),
        slices=assessed.slices,
        stability=assessed.stability,
        refit_client_share=wiring.settings.stability.client_share,
        sensitivity=assessed.sensitivity,
        folds=folds,
        folds_description=f"mean of {len(FOLD_SEEDS)} draws of {FOLD_COUNT} folds" if folds else "",
        pictures=pictures,
    )


def _build_baseline_facts(baseline: BaselineComparison) -> BaselineFacts:
    gains: Mapping[str, float] = {
        f"{name}_{end}": value
        for name in ("roc_auc", "log_loss")
        for end, value in (
            ("gain", baseline.gains[name].gain),
            ("gain_low", baseline.gains[name].low),
            ("gain_high", baseline.gains[name].high),
        )
    }
    return BaselineFacts(
        name=f"{baseline.name}: {baseline.meaning}", metrics=baseline.metrics, **gains
    )


def list_assessment_metrics(assessment: Assessment) -> dict[str, float]:
    """Return the figures of the assessment, by names that can be compared from run to run."""
    listed: dict[str, float] = {}
    for line in assessment.fairness.headlines:
        if line.lowest_ratio and line.lowest_ratio.acceptance_ratio:
            name = line.attribute.replace(" ", "_")
            listed[f"fairness_lowest_ratio_{name}"] = line.lowest_ratio.acceptance_ratio.value
    for baseline in assessment.baselines:
        for measure, gain in baseline.gains.items():
            listed[f"gain_over_{baseline.name.replace(' ', '_')}_{measure}"] = gain.gain
    if assessment.loss:
        listed["expected_loss"] = assessment.loss.expected_loss_amount
    if assessment.stability:
        listed["stability_mean_difference"] = assessment.stability.mean_difference
        listed["stability_changed_decision_share"] = assessment.stability.changed_decision_share
    return listed
