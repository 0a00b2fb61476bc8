"""Did the system mend itself? A life month by month: an alarm after things changed, another champion, and quiet again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Level, Verdict

GATE: Final = "recovery"
FEWEST_JUDGED_BATCHES: Final = (
    2  # batches of the new champion whose outcomes are known, before it counts as mended
)


@dataclass(frozen=True, slots=True)
class RecoveryMonth:
    """One month of a life: who scored it, and what was said of it in the end. `changed`: the scenario has begun."""

    statement_month: str
    model_version: int
    changed: bool
    drift: Level
    performance: Level  # "not judged" while its outcomes are not known
    retrained: bool = False  # a training was asked for and run at the end of the month


def judge_recovery(seasons: Sequence[RecoveryMonth]) -> Verdict:
    """`ok` when an alarm rang, another champion came and none of its batches rang; `watch` with what is lacking, else."""
    changed = [season for season in seasons if season.changed]
    rang = [s.statement_month for s in changed if "alarm" in {s.drift, s.performance}]
    first_version = seasons[0].model_version if seasons else 0
    trained = [s.statement_month for s in seasons if s.retrained]
    seated = [s for s in changed if s.model_version > first_version]
    newest = [s for s in seated if s.model_version == seated[-1].model_version]
    judged = [s for s in newest if s.performance != "not judged"]
    relapsed = [s.statement_month for s in judged if s.performance == "alarm"]
    steps = {
        f"alarm in {', '.join(rang[:3])}" if rang else "no alarm rang": bool(rang),
        f"trained in {', '.join(trained)}" if trained else "no training was asked for": bool(
            trained
        ),
        (
            f"version {newest[0].model_version} is champion from {newest[0].statement_month}"
            if newest
            else "no other champion came"
        ): bool(newest),
        _describe_judged_batches(judged, relapsed): len(judged) >= FEWEST_JUDGED_BATCHES
        and not relapsed,
    }
    level: Level = "ok" if all(steps.values()) else "watch"
    figures = {
        "alarm_count": float(len(rang)),
        "training_count": float(len(trained)),
        "judged_count": float(len(judged)),
    }
    return Verdict(GATE, level, tuple(steps), figures)


def _describe_judged_batches(judged: Sequence[RecoveryMonth], relapsed: Sequence[str]) -> str:
    if relapsed:
        return f"it rang again in {', '.join(relapsed)}"
    return (
        f"{len(judged)} of its batches judged, none rang"
        if judged
        else "none of its batches is judged yet"
    )
