"""Explain, from what is on record, whether a training is requested at present. Nothing heavy is imported for it."""

import datetime as dt
from dataclasses import replace

from credit_default.services.champion.first_look import find_named_champion
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import describe_open_alarms, read_known_alarms
from credit_default.services.monitoring.retraining import judge_retraining_need
from credit_default.views.summaries.summary import Summary


def explain_retraining(wiring: Wiring, *, now: dt.datetime) -> Summary:
    """Return why a training is requested at present, or why not, from what is on record.

    Nothing is monitored anew and nothing is recorded.
    """
    champion = find_named_champion(wiring)
    alarms = read_known_alarms(wiring.lake)
    retraining = judge_retraining_need(wiring, alarms, champion, now=now)
    verdict = retraining.decision.verdict
    return Summary(
        "monitor",
        verdict.reasons[0],
        verdicts=(replace(verdict, reasons=verdict.reasons[1:]),),
        model_version=champion.number if champion else None,
        notes=describe_open_alarms(alarms),
    )
