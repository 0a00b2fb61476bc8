"""Act on the findings of a batch: update the alarms, send messages, and request a training where one is due."""

import datetime as dt
from dataclasses import dataclass, replace

from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import (
    AlarmUpdate,
    update_lake_alarms,
)
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.monitored_batch import MonitoredBatch
from credit_default.services.monitoring.retraining import (
    Retraining,
    judge_retraining_need,
    request_retraining,
)
from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """What followed from the findings on a batch, and the summary with it."""

    summary: Summary
    update: AlarmUpdate
    retraining: Retraining


def follow_up(
    wiring: Wiring, batch: MonitoredBatch, summary: Summary, *, at: dt.datetime
) -> FollowUp:
    """Update the alarms, send the messages that are due, and request a training where the policy asks for one.

    Args:
        wiring: The lake, the registry and the policies.
        batch: The batch that was monitored.
        summary: The summary of its findings.
        at: The time to put on record.

    Returns:
        The summary with the verdict on retraining and the notes on alarms added, the alarms, and the
        decision on retraining. All of it is on record in the lake.
    """
    champion = wiring.registry.find_champion()
    version = champion.number if champion else 0
    update = update_lake_alarms(wiring, champion_version=version, at=at)
    retraining = judge_retraining_need(wiring, update.alarms, champion, now=at)
    request_retraining(wiring, retraining, champion_version=version, at=at)
    verdict = retraining.decision.verdict
    write_verdict_row(wiring.lake, batch, verdict, at=at)
    shown: tuple[Verdict, ...] = () if retraining.decision.action == "nothing" else (verdict,)
    complete = replace(
        summary, verdicts=(*summary.verdicts, *shown), notes=(*summary.notes, *update.notes)
    )
    return FollowUp(complete, update, retraining)


def update_alarms_after_promotion(wiring: Wiring, *, at: dt.datetime) -> AlarmUpdate:
    """Close the alarms about versions that are no longer the champion, and send the messages about it."""
    champion = wiring.registry.find_champion()
    return update_lake_alarms(wiring, champion_version=champion.number if champion else 0, at=at)
