"""After a batch was judged: which alarms that opens or closes, who is told, and whether it is time to train anew."""

import datetime as dt
from dataclasses import dataclass, replace

from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import (
    AlarmUpdate,
    describe_open_alarms,
    read_known_alarms,
    update_lake_alarms,
)
from credit_default.services.monitoring.batch_drift import MonitoredBatch
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.retraining import (
    Retraining,
    judge_retraining_need,
    request_retraining,
)
from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """The summary with what followed from it, the alarms, and what is to be done about the model."""

    summary: Summary
    update: AlarmUpdate
    retraining: Retraining


def follow_up(
    wiring: Wiring, batch: MonitoredBatch, summary: Summary, *, at: dt.datetime
) -> FollowUp:
    """What follows from the findings, after it stands in the lake: alarms, messages, a request for a training."""
    champion = wiring.registry.find_champion()
    version = champion.number if champion else 0
    update = update_lake_alarms(wiring, champion_version=version, at=at)
    retraining = judge_retraining_need(wiring, update.alarms, champion)
    request_retraining(wiring, retraining, champion_version=version, at=at)
    verdict = retraining.decision.verdict
    write_verdict_row(wiring, batch, verdict, at=at)
    asked: tuple[Verdict, ...] = () if retraining.decision.action == "nothing" else (verdict,)
    told = replace(
        summary, verdicts=(*summary.verdicts, *asked), notes=(*summary.notes, *update.notes)
    )
    return FollowUp(told, update, retraining)


def update_alarms_after_promotion(wiring: Wiring, *, at: dt.datetime) -> AlarmUpdate:
    """What a change of the champion makes of the alarms: those about the version that left are over, and told so."""
    champion = wiring.registry.find_champion()
    return update_lake_alarms(wiring, champion_version=champion.number if champion else 0, at=at)


def explain_retraining(wiring: Wiring) -> Summary:
    """Why a training is asked for now, or why not, from what is on record; nothing is looked at anew."""
    champion = wiring.registry.find_champion()
    alarms = read_known_alarms(wiring)
    retraining = judge_retraining_need(wiring, alarms, champion)
    verdict = retraining.decision.verdict
    return Summary(
        "monitor",
        verdict.reasons[0],
        verdicts=(replace(verdict, reasons=verdict.reasons[1:]),),
        model_version=champion.number if champion else None,
        notes=describe_open_alarms(alarms),
    )
