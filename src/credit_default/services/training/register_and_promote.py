"""A trained challenger becomes a registered version, and its version the champion's seat or the reasons why not."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from credit_default.adapters.mlflow.registry import ModelVersion
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import ApprovalRequested, ChampionKept
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.services.champion.alias_history import (
    APPROVAL_REQUESTED,
    PROMOTED,
    record_champion_change,
)
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.run_metadata import pick_figures, pick_metrics
from credit_default.services.training.challenger import (
    FOLD_COUNT,
    FOLD_SEEDS,
    Challenger,
    CrossValidation,
    TrainingRows,
)
from credit_default.services.training.figures import draw_challenger
from credit_default.services.training.run_metadata import (
    list_assessment_metrics,
    list_datasets,
    list_metrics,
    list_params,
)
from credit_default.services.training.validation_study import Assessment
from credit_default.views.documents.document import Picture
from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A challenger on record: its version, its run, and the figures and pictures it was recorded with."""

    version: ModelVersion
    run_address: str
    evaluation: Evaluation
    folds: CrossValidation | None
    pictures: Mapping[str, Picture] = field(default_factory=dict)


def register_challenger(
    wiring: Wiring,
    training: TrainingRows,
    challenger: Challenger,
    folds: CrossValidation | None,
    *,
    trained_at: dt.datetime,
    assessment: Assessment | None = None,
) -> Registered:
    """The challenger as a registered version: its run holds parameters, metrics, datasets, pictures and the commit."""
    bundle = challenger.bundle
    tags = {
        "data_origin": training.data_origin,
        "git_commit": wiring.commit,
        "trained_at": trained_at.isoformat(),
    }
    metrics = list_metrics(challenger.evaluation)
    with wiring.tracking.start_run("train", name=f"train {bundle.digest[:8]}", tags=tags) as run:
        run.record_params(list_params(wiring, training, challenger))
        datasets = list_datasets(wiring, training, challenger)
        run.record_datasets(datasets)
        if folds is not None:
            run.record_metrics({f"cv_{name}": value for name, value in folds.average().items()})
        if assessment is not None:
            run.record_metrics(list_assessment_metrics(assessment))
        pictures = draw_challenger(challenger, assessment)
        run.record_files({picture.path: picture.png for picture in pictures.values()})
        version = wiring.registry.register(
            run, bundle, metrics=metrics, dataset=datasets[-1], tags=tags
        )
        run.record_tags({"model_version": version.number, "digest": bundle.digest})
        return Registered(version, run.address, challenger.evaluation, folds, pictures)


def apply_promotion_verdict(
    wiring: Wiring,
    registered: Registered,
    verdict: Verdict,
    *,
    champion: CurrentChampion | None,
    rows: TrainingRows,
    decided_at: dt.datetime,
) -> Summary:
    """The summary of a training, after the version has the champion's seat or the reasons why not.

    `champion` is the one that the challenger was judged against. The exit code is 1 where the gate refused and nobody
    has the seat: then there is no model to go on with.

    Raises:
        ServiceError: somebody else has the seat by now, whom this challenger was never compared with.
    """
    version = registered.version
    status = _promote_or_record(wiring, version, verdict, champion=champion, decided_at=decided_at)
    vacant = not verdict.passed and wiring.registry.find_champion() is None
    figures = pick_metrics(registered.evaluation, where="test side")
    if registered.folds is not None:
        figures |= pick_figures(
            registered.folds.average(), where=f"{FOLD_COUNT} folds × {len(FOLD_SEEDS)} seeds"
        )
    return Summary(
        "train",
        "refused, and there is no champion yet" if vacant else status,
        exit_code=int(vacant),
        verdicts=(*rows.verdicts, verdict),
        model_version=version.number,
        run_id=version.run_id,
        counts={
            "accepted": rows.rows.height,
            "rejected": rows.rejected_count,
            "tested": registered.evaluation.row_count,
        },
        figures=figures,
        paths={"MLflow run": registered.run_address, "digest": version.digest},
        notes=(
            *describe_origin(rows.data_origin),
            *rows.notes,
            *_describe_next_step(version, status),
        ),
    )


def _promote_or_record(
    wiring: Wiring,
    version: ModelVersion,
    verdict: Verdict,
    *,
    champion: CurrentChampion | None,
    decided_at: dt.datetime,
) -> str:
    """What became of the version, in a word or two."""
    if verdict.passed and wiring.settings.promotion.approval == "none":
        _require_unchanged_champion(wiring, champion)
        record_champion_change(wiring)  # of who sits there now, if that is not on record
        wiring.registry.promote(version, verdict, promoted_at=decided_at)
        hit_failpoint("promote.seated")
        record_champion_change(wiring, by="gate")
        return PROMOTED
    wiring.registry.record_verdict(version, verdict)
    kind = ApprovalRequested if verdict.passed else ChampionKept
    append_ledger_entry(
        wiring,
        kind(model_digest=version.digest, level=verdict.level, by="gate"),
        key=f"judged v{version.number} {version.run_id}",
        at=decided_at,
        model_version=version.number,
    )
    return APPROVAL_REQUESTED if verdict.passed else "champion kept"


def _describe_next_step(version: ModelVersion, status: str) -> tuple[str, ...]:
    if status != APPROVAL_REQUESTED:
        return ()
    command = f"credit-default models promote {version.number}"
    return (
        f"two people decide: one with `{command} --request --reason …`, another with `{command} --approve --reason …`",
    )


def _require_unchanged_champion(wiring: Wiring, champion: CurrentChampion | None) -> None:
    seated = wiring.registry.find_champion()
    found, judged = seated.number if seated else None, champion.number if champion else None
    if found != judged:
        raise ServiceError(
            "champion",
            found=f"version {found}, seated while this training ran",
            expected=f"version {judged}, which the challenger was judged against",
            remedy="Train again.",
        )
