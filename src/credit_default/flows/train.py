"""The flow `train`: fit a challenger on statements with outcomes, and promote it when the gate allows."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.adapters.files.reading_options import parse_reading_options
from credit_default.flows.deployments.missed_runs import SKIPPED, SUPERSEDED, is_superseded
from credit_default.flows.events.champion_events import announce_champion_changes
from credit_default.flows.events.run_events import announce_alarms
from credit_default.flows.runs.artifacts import publish_summary
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.tasks import build_retried_task, build_task
from credit_default.services.assessment import model_card, validation_study
from credit_default.services.champion.alias_history import APPROVAL_REQUESTED, PROMOTED
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.monitoring import follow_up
from credit_default.services.training import (
    baselines,
    challenger,
    contested_champion,
    cross_validation,
    known_rows,
    register_and_promote,
    training_rows,
)
from credit_default.views.summaries.summary import Summary

require_mlflow = build_task(challenger.require_mlflow, "wait for MLflow")
read_training_rows = build_retried_task(training_rows.read_training_rows, "read training rows")
read_known_rows = build_task(known_rows.read_known_rows, "read known rows")
split_rows = build_task(training_rows.split_rows, "split by client")
fit_challenger = build_task(challenger.fit_challenger, "fit")
cross_validate = build_task(cross_validation.cross_validate_challenger, "cross-validate")
measure_rivals = build_task(baselines.measure_rivals, "compare with rivals")
find_champion = build_retried_task(contested_champion.find_contested_champion, "find champion")
register_challenger = build_retried_task(
    register_and_promote.register_challenger, "record and register"
)
judge_challenger = build_task(contested_champion.judge_contest, "judge promotion")
apply_promotion_verdict = build_retried_task(
    register_and_promote.apply_promotion_verdict, "promote or keep"
)
update_alarms_after_promotion = build_retried_task(
    follow_up.update_alarms_after_promotion, "update alarms"
)
assess_challenger = build_task(validation_study.assess_challenger, "assess")
publish_card = build_retried_task(model_card.publish_card, "write card")
STATES = {PROMOTED: "Promoted", APPROVAL_REQUESTED: "ApprovalRequested"}


@build_flow("train")
def train(
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    month: str | None = None,
    refresh: bool = False,  # noqa: FBT001, FBT002 - a flow's parameters are named in the UI
    cross_validated: bool = False,  # noqa: FBT001, FBT002
    file_options: dict[str, str] | None = None,
) -> State[Summary]:
    """Fit and register a challenger, judge whether it becomes champion, then assess it and draw its card.

    Args:
        overrides: Settings that win over all others, nested like a configuration file.
        config: Paths of configuration files.
        month: The statement month, for a training file without the column statement_month.
        refresh: Train on all months whose outcomes are complete in the lake, instead of on the file that the settings name.
        cross_validated: Cross-validate the challenger as well, by client.
        file_options: How to read the training file: `sheet`, `decimal` and `thousands`, as the command line's options.

    Returns:
        A completed run named `Promoted`, `ApprovalRequested`, `ChampionKept` or, where a newer run replaces it, `Skipped`.
    """
    if is_superseded():
        return Completed(name=SKIPPED, message=SUPERSEDED, data=Summary("train", "skipped"))
    wiring = connect(overrides or {}, config or [])
    require_mlflow(wiring)
    options = parse_reading_options(file_options or {}, thing="file_options")
    rows = (
        read_known_rows(wiring, now=read_clock())
        if refresh
        else read_training_rows(wiring, month=month, read_at=read_clock(), options=options)
    )
    champion = find_champion(wiring)
    challenger = fit_challenger(wiring, rows, split_rows(wiring, rows))
    sides, rivals = challenger.sides, measure_rivals(wiring, challenger, challenger.sides)
    folds = cross_validate(wiring, challenger, rows) if cross_validated else None
    registered = register_challenger(wiring, rows, challenger, folds, trained_at=read_clock())
    verdict = judge_challenger(
        wiring, challenger, sides, champion=champion, now=read_clock(), rivals=rivals
    )
    summary = apply_promotion_verdict(
        wiring, registered, verdict, champion=champion, rows=rows, decided_at=read_clock()
    )
    announce_champion_changes(wiring)
    announce_alarms(update_alarms_after_promotion(wiring, at=read_clock()))
    # What decides nothing comes last; `reconcile` draws the card of a run that is killed here.
    assessed = assess_challenger(wiring, challenger, sides, rivals=rivals)
    summary = publish_card(
        wiring, registered, summary, challenger=challenger, assessment=assessed, rows=rows
    )
    publish_summary(
        summary, simulated=rows.data_origin == SIMULATED, room=wiring.settings.room.address
    )
    return Completed(
        name=STATES.get(summary.status, "ChampionKept"), message=summary.status, data=summary
    )


if __name__ == "__main__":
    run_as_script(train)
