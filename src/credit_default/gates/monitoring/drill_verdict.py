"""Judge a drill: were planted faults detected, and were clean months left without alarms?

Gates that decide about a file refuse it (`refused`), monitors raise an alarm (`alarm`) or ask for a
review (`watch`). A planted fault is caught when a gate that was expected to detect it responds at
the required level, in one of the first batches that could show it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from credit_default.errors import show_examples
from credit_default.gates.verdict import Level, Verdict

GATE: Final = "drill"

Response = Literal["alarm", "watch", "quiet"]
RESPONSES: Final[tuple[Response, ...]] = ("alarm", "watch", "quiet")  # strongest first


@dataclass(frozen=True, slots=True)
class DrillPolicy:
    """What a drill must show."""

    lowest_recall: float = 0.95  # of the faults that must be caught, 0-1
    judged_from: int = 2  # strength; weaker faults are planted and reported, but need not be caught
    most_false_alarms: int = 1  # of all clean months
    most_mended_alarms: int = 0  # of the months after a recession was mended by a retraining
    batch_count: int = 2  # batches in which a fault may be caught


@dataclass(frozen=True, slots=True)
class DrillCase:
    """One planted fault and how the gates responded to it."""

    name: str
    strength: int
    expected_gates: tuple[str, ...]  # of which one must respond
    required_level: Literal["watch", "alarm"]  # at least
    # The verdict of each gate on each batch that could show the fault, the first batch first.
    batches: tuple[Mapping[str, Level], ...]

    @property
    def responses_by_gate(self) -> dict[str, Response]:
        """Return the strongest response of each gate over all batches; quiet gates are left out."""
        gates = dict.fromkeys(gate for batch in self.batches for gate in batch)
        responses = {
            gate: _find_strongest(
                classify_response(batch[gate]) for batch in self.batches if gate in batch
            )
            for gate in gates
        }
        return {gate: response for gate, response in responses.items() if response != "quiet"}

    @property
    def response(self) -> Response:
        """Return the strongest response of the expected gates."""
        return _find_strongest(
            response
            for gate, response in self.responses_by_gate.items()
            if gate in self.expected_gates
        )

    @property
    def caught_in_batch(self) -> int | None:
        """Return the first batch (from 1) in which the fault was caught, or None."""
        for number, batch in enumerate(self.batches, start=1):
            levels = (batch[gate] for gate in self.expected_gates if gate in batch)
            if any(self._is_caught_at(level) for level in levels):
                return number
        return None

    def _is_caught_at(self, level: Level) -> bool:
        return RESPONSES.index(classify_response(level)) <= RESPONSES.index(self.required_level)


@dataclass(frozen=True, slots=True)
class Drill:
    """All planted faults, and the verdicts of the gates on each clean or mended month, in order."""

    cases: tuple[DrillCase, ...]
    clean_months: tuple[Mapping[str, Level], ...]
    # after a retraining for a recession that goes on
    mended_months: tuple[Mapping[str, Level], ...] = ()

    def count_responses(self, *, strength: int) -> dict[Response, int]:
        """Count the faults of that strength by the response of their expected gates."""
        return _count_each(case.response for case in self.cases if case.strength == strength)

    def count_clean_months(self) -> dict[Response, int]:
        """Count the clean months by the strongest response of any gate."""
        return _count_months(self.clean_months)

    def count_mended_months(self) -> dict[Response, int]:
        """Count the months after a mended recession by the strongest response of any gate."""
        return _count_months(self.mended_months)


def classify_response(level: Level) -> Response:
    """Return the response that a level means: a refusal is an alarm, and `not judged` is quiet."""
    return "alarm" if level in {"alarm", "refused"} else "watch" if level == "watch" else "quiet"


def judge_drill(drill: Drill, *, policy: DrillPolicy | None = None) -> Verdict:
    """Judge the gates by a drill.

    Returns:
        `alarm` when too many faults were missed, or too many clean months or months after a mended
        recession raised an alarm; `watch` when any fault was missed or any clean month raised one;
        else `ok`.
    """
    policy = policy or DrillPolicy()
    due = [case for case in drill.cases if case.strength >= policy.judged_from]
    missed = [f"{case.name} {case.strength}" for case in due if case.caught_in_batch is None]
    recall = 1 - len(missed) / len(due) if due else 0.0
    clean, mended = drill.count_clean_months(), drill.count_mended_months()
    caught = f"{len(due) - len(missed)} of {len(due)} faults of strength {policy.judged_from}"
    reasons = [
        f"{caught} and above caught within {policy.batch_count} batches: {_describe_recall(recall, policy)}",
        _describe_clean_months(drill, clean, policy),
        *_describe_mended_months(drill, mended, policy),
    ]
    if missed:
        reasons.append(f"missed: {show_examples(missed)}")
    figures = {
        "planted_count": float(len(drill.cases)),
        "judged_count": float(len(due)),
        "recall": recall,
        "lowest_recall": policy.lowest_recall,
        "clean_count": float(len(drill.clean_months)),
        "false_alarm_count": float(clean["alarm"]),
        "watched_clean_count": float(clean["watch"]),
        "mended_count": float(len(drill.mended_months)),
        "mended_alarm_count": float(mended["alarm"]),
    }
    rings = clean["alarm"] > policy.most_false_alarms or mended["alarm"] > policy.most_mended_alarms
    failed = recall < policy.lowest_recall or rings
    level: Level = "alarm" if failed else "watch" if missed or clean["alarm"] else "ok"
    return Verdict(GATE, level, tuple(reasons), figures)


def _describe_recall(recall: float, policy: DrillPolicy) -> str:
    return (
        f"recall {recall:.1%}, at least {policy.lowest_recall:.0%} required (drill.lowest_recall)"
    )


def _describe_clean_months(drill: Drill, clean: Mapping[Response, int], policy: DrillPolicy) -> str:
    responses = f"{clean['alarm']} alarms and {clean['watch']} watches"
    return (
        f"{responses} in {len(drill.clean_months)} clean months: "
        f"at most {policy.most_false_alarms} alarm allowed (drill.most_false_alarms)"
    )


def _describe_mended_months(
    drill: Drill, mended: Mapping[Response, int], policy: DrillPolicy
) -> list[str]:
    if not drill.mended_months:
        return []
    responses = f"{mended['alarm']} alarms and {mended['watch']} watches"
    months = f"{len(drill.mended_months)} months after a recession was mended"
    limit = f"at most {policy.most_mended_alarms} alarms allowed (drill.most_mended_alarms)"
    return [f"{responses} in {months}: {limit}"]


def _find_strongest(responses: Iterable[Response]) -> Response:
    return min(responses, key=RESPONSES.index, default="quiet")


def _count_months(months: Iterable[Mapping[str, Level]]) -> dict[Response, int]:
    return _count_each(_find_strongest(map(classify_response, month.values())) for month in months)


def _count_each(responses: Iterable[Response]) -> dict[Response, int]:
    found = [*responses]
    return {response: found.count(response) for response in RESPONSES}
