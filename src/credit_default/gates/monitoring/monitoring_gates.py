"""Declare the gates that judge a scored batch, once each, for pages, alarms and flows.

To add a monitor, write its gate in a module of its own in this chapter, declare it here, and call
it where a batch is monitored (`services/monitoring`). The history page, the terminal table, the
alarms, the retraining policy, the name of the flow run and the events follow from the declaration.
Names are stored in tables and ledgers: never rename a gate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

AlarmEffect = Literal["block", "train", "train with new outcomes", "review"]
ALARM_EFFECTS: Final[dict[AlarmEffect, str]] = {
    "block": "no training until the feed is repaired",
    "train": "a retraining is requested",
    "train with new outcomes": "a retraining is requested once enough new outcomes are known",
    "review": "a person should review the model",
}

ALARM_ADVICE: Final[dict[AlarmEffect, str]] = {
    "block": "Have the delivery corrected at its source and send the file again.",
    "train": "Look at the batch's outcomes, then at the version that the retraining brings.",
    "train with new outcomes": "Look at the columns that moved: are these other clients, or is the delivery wrong?",
    "review": "Look at the batch, and open a finding about the version where it is more than chance.",
}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run in which a gate raised an alarm is reported: its name and its event."""

    run_state: str  # name of the completed flow run
    event: str  # name of the emitted event, after "credit-default."


@dataclass(frozen=True, slots=True)
class HistoryColumn:
    """A figure of a gate, as the history page and the message about an alarm show it."""

    heading: str
    figure: str  # name in the verdict's figures
    is_share: bool = False  # shown in per cent


@dataclass(frozen=True, slots=True)
class MonitoringGate:
    """One gate on a scored batch: how it is called, what it judges, and what its alarm leads to."""

    name: str  # as stored in tables, ledgers and events
    title: str  # as shown on pages
    question: str  # what it judges
    alarm_effect: AlarmEffect = "review"
    opens_at_once: bool = False  # by default: the first alarm opens one, since chance plays no part
    outcome: RunOutcome | None = None  # None: an alarm neither names a run nor emits an event
    columns: tuple[HistoryColumn, ...] = ()
    pictured: tuple[
        HistoryColumn, ...
    ] = ()  # in an alarm's message: what is watched, and its measure


DRIFT_FOUND: Final = RunOutcome("DriftFound", "drift.found")
FEED_BROKEN: Final = RunOutcome("FeedBroken", "feed.broken")
PERFORMANCE_LOW: Final = RunOutcome("PerformanceLow", "performance.low")
FAIRNESS_DRIFT: Final = RunOutcome("FairnessDrift", "fairness.drifted")
# Where several gates raise an alarm, the first of them in this order names the run.
RUN_OUTCOMES: Final = (DRIFT_FOUND, FEED_BROKEN, PERFORMANCE_LOW, FAIRNESS_DRIFT)

DRIFT: Final = MonitoringGate(
    name="drift",
    title="Drift",
    question="Do the clients still look like those the model was tested on?",
    alarm_effect="train with new outcomes",
    outcome=DRIFT_FOUND,
    columns=(
        HistoryColumn("score psi", "score_drift"),
        HistoryColumn("expected", "expected_default_share", is_share=True),
    ),
    pictured=(
        HistoryColumn("score psi", "score_drift"),
        HistoryColumn("limit", "score_threshold"),
    ),
)
FEED: Final = MonitoringGate(
    name="feed",
    title="Feed",
    question="Is the content of the delivery in order?",
    alarm_effect="block",
    opens_at_once=True,
    outcome=FEED_BROKEN,
    pictured=(
        HistoryColumn("rejected", "rejected_share", is_share=True),
        HistoryColumn("missing", "missing_share", is_share=True),
    ),
)
VOLUME: Final = MonitoringGate(
    name="volume",
    title="Volume",
    question="Did the usual number of rows arrive, for the month that was due, and in time?",
    alarm_effect="block",
    outcome=FEED_BROKEN,
    pictured=(HistoryColumn("rows", "row_count"), HistoryColumn("usual", "usual_row_count")),
)
ESTIMATE: Final = MonitoringGate(
    name="estimate",
    title="Estimate",
    question="What performance do the scores themselves lead to expect, before outcomes are known?",
    pictured=(HistoryColumn("expected defaults", "default_share", is_share=True),),
)
FAIRNESS: Final = MonitoringGate(
    name="fairness",
    title="Fairness",
    question="Are the groups still accepted as evenly as on the model's test side?",
    outcome=FAIRNESS_DRIFT,
)
PERFORMANCE: Final = MonitoringGate(
    name="performance",
    title="Performance",
    question="Are ranking and calibration still right, now that outcomes are known?",
    alarm_effect="train",
    opens_at_once=True,
    outcome=PERFORMANCE_LOW,
    columns=(
        HistoryColumn("defaulted", "default_share", is_share=True),
        HistoryColumn("ROC AUC", "roc_auc"),
    ),
    pictured=(
        HistoryColumn("defaulted", "default_share", is_share=True),
        HistoryColumn("expected", "mean_probability", is_share=True),
    ),
)
RETRAINING: Final = MonitoringGate(
    name="retraining",
    title="Retraining",
    question="Is a retraining due, and on which months?",
)
COVERAGE: Final = MonitoringGate(
    name="coverage",
    title="Outcome coverage",
    question="Have the outcomes of the batch arrived when they were due?",
    pictured=(HistoryColumn("outcomes known", "known_share", is_share=True),),
)

# In the order in which findings are listed and in which the history page shows the gates.
MONITORING_GATES: Final = (
    DRIFT,
    FEED,
    VOLUME,
    ESTIMATE,
    FAIRNESS,
    PERFORMANCE,
    RETRAINING,
    COVERAGE,
)


def find_monitoring_gate(
    name: str, *, gates: Sequence[MonitoringGate] = MONITORING_GATES
) -> MonitoringGate | None:
    """Return the gate of that stored name, or None where none is declared under it."""
    return next((gate for gate in gates if gate.name == name), None)


def get_gate_position(name: str, *, gates: Sequence[MonitoringGate] = MONITORING_GATES) -> int:
    """Return the position of the gate in the order of display; undeclared gates come last."""
    return next((place for place, gate in enumerate(gates) if gate.name == name), len(gates))


def list_blocking_gates(gates: Sequence[MonitoringGate] = MONITORING_GATES) -> frozenset[str]:
    """Return the names of the gates whose alarm blocks every training."""
    return frozenset(gate.name for gate in gates if gate.alarm_effect == "block")


def find_run_outcomes(
    names: Iterable[str], *, gates: Sequence[MonitoringGate] = MONITORING_GATES
) -> tuple[RunOutcome, ...]:
    """Return what a run reports when these gates raised an alarm.

    Args:
        names: Stored names of the gates that raised an alarm, in any order.
        gates: The declared gates.

    Returns:
        Each outcome once, in the order of `RUN_OUTCOMES`; outcomes declared elsewhere come last.
    """
    alarmed = {*names}
    found = [gate.outcome for gate in gates if gate.outcome and gate.name in alarmed]
    known = [outcome for outcome in RUN_OUTCOMES if outcome in found]
    return tuple(dict.fromkeys([*known, *found]))
