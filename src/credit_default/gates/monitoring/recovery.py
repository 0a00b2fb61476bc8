"""Judge whether the system recovered from a change, by alarms, retrainings and champions.

The gate is used at the end of the long demo, which simulates a change month by month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Level, Verdict

GATE: Final = "recovery"
# Batches of the new champion whose outcomes must be known before the system counts as recovered.
FEWEST_JUDGED_BATCHES: Final = 2


@dataclass(frozen=True, slots=True)
class RecoveryMonth:
    """One month: which version scored it, and the final verdicts on it."""

    statement_month: str  # YYYY-MM
    model_version: int
    scenario_has_begun: bool
    drift: Level
    performance: Level  # "not judged" while its outcomes are not known
    was_retrained: bool = False  # a training was requested and run at the end of the month


def judge_recovery(months: Sequence[RecoveryMonth]) -> Verdict:
    """Judge the recovery over all months, in their order.

    Returns:
        `ok` when a gate raised an alarm after the change, another version became champion and none
        of its judged batches raised one; else `watch`. The reasons say for each of these steps
        whether it happened.
    """
    changed = [month for month in months if month.scenario_has_begun]
    alarmed = [m.statement_month for m in changed if "alarm" in {m.drift, m.performance}]
    trained = [month.statement_month for month in months if month.was_retrained]
    newest = _find_months_of_newest_champion(months)
    judged = [month for month in newest if month.performance != "not judged"]
    relapsed = [month.statement_month for month in judged if month.performance == "alarm"]
    is_quiet = len(judged) >= FEWEST_JUDGED_BATCHES and not relapsed
    level: Level = "ok" if alarmed and trained and newest and is_quiet else "watch"
    reasons = (
        f"alarm in {', '.join(alarmed[:3])}" if alarmed else "no alarm was raised",
        f"trained in {', '.join(trained)}" if trained else "no retraining was requested",
        _describe_champion(newest),
        _describe_judged_batches(judged, relapsed),
    )
    figures = {
        "alarm_count": float(len(alarmed)),
        "training_count": float(len(trained)),
        "judged_count": float(len(judged)),
    }
    return Verdict(GATE, level, reasons, figures)


def _find_months_of_newest_champion(months: Sequence[RecoveryMonth]) -> list[RecoveryMonth]:
    """Return the months since the change that the newest version scored.

    Empty where the first version still scores.
    """
    first_version = months[0].model_version if months else 0
    later = [m for m in months if m.scenario_has_begun and m.model_version > first_version]
    return [month for month in later if month.model_version == later[-1].model_version]


def _describe_champion(newest: Sequence[RecoveryMonth]) -> str:
    if not newest:
        return "no other version became champion"
    return f"version {newest[0].model_version} is champion from {newest[0].statement_month}"


def _describe_judged_batches(judged: Sequence[RecoveryMonth], relapsed: Sequence[str]) -> str:
    if relapsed:
        return f"it raised an alarm again in {', '.join(relapsed)}"
    if not judged:
        return "none of its batches is judged yet"
    return f"{len(judged)} of its batches judged, none with an alarm"
