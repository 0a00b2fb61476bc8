"""Register a trained challenger as a model version, and promote it or record why it was not promoted.

Promotion moves the champion alias. Where the settings ask for a second person's approval, the gate's verdict is only a
request for it.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.kernel.compilation import ensure_compiled
from credit_default.adapters.mlflow.registry import ModelVersion
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import ApprovalRequested, ChampionKept
from credit_default.gates.promotion.promotion_verdict import PromotionVerdict
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.services.champion.alias_history import (
    APPROVAL_REQUESTED,
    PROMOTED,
    record_champion_change,
)
from credit_default.services.champion.champion_state import lock_champion
from credit_default.services.champion.contest_attempts import add_attempt
from credit_default.services.champion.current import CurrentChampion, UnloadableChampion
from credit_default.services.champion.version_page import write_champion_pages, write_version_page
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.run_metadata import pick_figures, pick_metrics
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.cross_validation import (
    FOLD_COUNT,
    FOLD_SEEDS,
    CrossValidation,
)
from credit_default.services.training.run_metadata import list_datasets, list_metrics, list_params
from credit_default.services.training.training_record import (
    RECORD_FILE,
    build_owed_tag,
    build_record,
    render_record,
)
from credit_default.services.training.training_rows import TrainingRows
from credit_default.views.summaries.summary import Summary

KEPT: Final = "champion kept"  # the decision on a version, beside those of `alias_history`
NO_CHAMPION: Final = "refused, and there is no champion yet"

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A challenger on record: its version and run, and the figures that were recorded with it."""

    version: ModelVersion
    run_address: str
    evaluation: Evaluation
    folds: CrossValidation | None
    judged_on: str  # which rows the evaluation is of: "test side" or "out of fold"
    recipe_note: str = ""  # what of the recipe follows the data's size


def register_challenger(
    wiring: Wiring,
    training: TrainingRows,
    challenger: Challenger,
    folds: CrossValidation | None,
    *,
    trained_at: dt.datetime,
) -> Registered:
    """Record the training as a run in MLflow, and register the challenger as a version whose card is owed.

    Args:
        wiring: The registry, and the settings to record.
        training: The rows that it was trained on.
        challenger: The fitted challenger.
        folds: Its cross-validation; None where it was not asked for.
        trained_at: The time to put on record.

    Returns:
        The version and the run. The run holds parameters, metrics, data sets, the commit, and what the card needs.
    """
    bundle, record = challenger.bundle, build_record(wiring, training, challenger, folds)
    tags = {
        "data_origin": training.data_origin,
        "git_commit": wiring.commit,
        "trained_at": trained_at.isoformat(),
    }
    metrics = list_metrics(challenger.evaluation)
    with wiring.tracking.start_run("train", name=f"train {bundle.digest[:8]}", tags=tags) as run:
        test_share = wiring.settings.refresh.test_share
        run.record_params(list_params(challenger, test_share=test_share))
        datasets = list_datasets(training, challenger, columns=wiring.schema.names)
        run.record_datasets(datasets)
        run.record_metrics({f"cv_{name}": value for name, value in record.folds.items()})
        run.record_files({RECORD_FILE: render_record(record).encode()})
        version = wiring.registry.register(
            run, bundle, metrics=metrics, dataset=datasets[-1], tags={**tags, **build_owed_tag()}
        )
        run.record_tags({"model_version": version.number, "digest": bundle.digest})
        _LOG.info(
            "registered challenger model_version=%s digest=%s run_id=%s",
            version.number,
            bundle.digest[:12],
            version.run_id,
        )
        ensure_compiled()  # so that the first batch finds it
        return Registered(
            version,
            run.address,
            challenger.evaluation,
            folds,
            challenger.judged.place,
            challenger.recipe_note,
        )


def apply_promotion_verdict(
    wiring: Wiring,
    registered: Registered,
    verdict: Verdict,
    *,
    champion: CurrentChampion | UnloadableChampion | None,
    rows: TrainingRows,
    decided_at: dt.datetime,
) -> Summary:
    """Promote the version, request an approval, or record why neither is done, as the verdict says.

    Args:
        wiring: The registry, the ledger and the settings.
        registered: The version and what was recorded with it.
        verdict: The promotion gate's verdict.
        champion: The champion that the challenger was judged against; None where there was none.
        rows: The rows that it was trained on.
        decided_at: The time to put on record.

    Returns:
        The summary of the training. Its exit code is 1 where the gate refused and there is no champion:
        then there is no model to score with.

    Raises:
        ServiceError: Another version became the champion meanwhile, which this challenger was never
            compared with.
    """
    version = registered.version
    status = _promote_or_record(wiring, version, verdict, champion=champion, decided_at=decided_at)
    write_version_page(wiring, version.number)
    if status == PROMOTED:
        write_champion_pages(wiring)
    has_no_champion = not verdict.passed and wiring.registry.find_champion() is None
    _LOG.info(
        "decided on promotion model_version=%s level=%s promoted=%s",
        version.number,
        verdict.level,
        status == PROMOTED,
    )
    return Summary(
        "train",
        NO_CHAMPION if has_no_champion else status,
        exit_code=int(has_no_champion),
        verdicts=(*rows.verdicts, verdict),
        model_version=version.number,
        run_id=version.run_id,
        counts={
            "accepted": rows.rows.height,
            "rejected": rows.rejected_count,
            "tested": registered.evaluation.row_count,
        },
        figures=_list_figures(registered),
        paths={"MLflow run": registered.run_address, "digest": version.digest},
        notes=(
            *describe_origin(rows.data_origin),
            *rows.notes,
            *filter(None, [registered.recipe_note]),
            *_describe_next_step(version, status),
        ),
    )


def _list_figures(registered: Registered) -> dict[str, float]:
    figures = pick_metrics(registered.evaluation, where=registered.judged_on)
    if registered.folds is not None:
        where = f"{FOLD_COUNT} folds × {len(FOLD_SEEDS)} seeds"
        figures |= pick_figures(registered.folds.average(), where=where)
    return figures


def _promote_or_record(
    wiring: Wiring,
    version: ModelVersion,
    verdict: Verdict,
    *,
    champion: CurrentChampion | UnloadableChampion | None,
    decided_at: dt.datetime,
) -> str:
    """Act on the verdict, and return the decision as the summary's status shows it."""
    if verdict.passed and wiring.settings.promotion.approval == "none":
        with lock_champion(wiring):
            _require_unchanged_champion(wiring, champion)
            record_champion_change(wiring)  # the present champion first, if a crash left it out
            wiring.registry.promote(version, verdict, promoted_at=decided_at)
            hit_failpoint("promote.alias-moved")
            record_champion_change(wiring, by="gate")
        return PROMOTED
    wiring.registry.record_verdict(version, verdict)
    kind = ApprovalRequested if verdict.passed else ChampionKept
    append_ledger_entry(
        wiring,
        add_attempt(
            kind(model_digest=version.digest, level=verdict.level, by="gate"),
            verdict.attempt if isinstance(verdict, PromotionVerdict) else None,
        ),
        key=f"judged v{version.number} {version.run_id}",
        at=decided_at,
        model_version=version.number,
    )
    return APPROVAL_REQUESTED if verdict.passed else KEPT


def _describe_next_step(version: ModelVersion, status: str) -> tuple[str, ...]:
    if status != APPROVAL_REQUESTED:
        return ()
    number = version.number
    request = f"credit-default models promote {number} --request --reason …"
    approve = f"credit-default models promote {number} --approve --reason …"
    return (
        f"two people decide: one requests it with `{request}`, another approves with `{approve}`",
    )


def _require_unchanged_champion(
    wiring: Wiring, champion: CurrentChampion | UnloadableChampion | None
) -> None:
    """Raise where the champion is no longer the one that the challenger was judged against."""
    current = wiring.registry.find_champion()
    found, judged = current.number if current else None, champion.number if champion else None
    if found != judged:
        raise ServiceError(
            "champion",
            found=f"version {found}, which became the champion while this training ran",
            expected=f"version {judged}, which the challenger was judged against",
            remedy="Train again.",
        )
