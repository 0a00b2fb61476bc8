"""Have the alarms been seen to ring? What a drill planted, held against what rang, and clean months against silence.

The door refuses (`refused`), monitors ring (`alarm`) or ask for a look (`watch`). A planted fault is caught when a gate that
it was meant for rang as loud as it should, in one of the first batches that could show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from credit_default.errors import show_examples
from credit_default.gates.verdict import Level, Verdict

GATE: Final = "drill"

Response = Literal["alarm", "watch", "quiet"]
RESPONSES: Final[tuple[Response, ...]] = ("alarm", "watch", "quiet")


@dataclass(frozen=True, slots=True)
class DrillPolicy:
    """What the alarms must show; `batch_count` is how many batches they are given."""

    lowest_recall: float = 0.95  # of the faults that must be caught, 0-1
    judged_from: int = 2  # strength; weaker faults are planted and told, and need not be caught
    most_false_alarms: int = 1  # of all clean months
    batch_count: int = 2


@dataclass(frozen=True, slots=True)
class DrillCase:
    """One planted fault as it went: what each gate said of each batch that could show it, the first batch first."""

    name: str
    strength: int
    expected_gates: tuple[str, ...]  # gates of which one must ring
    required_level: Literal["watch", "alarm"]  # how loud at least
    batches: tuple[Mapping[str, Level], ...]

    @property
    def responses_by_gate(self) -> dict[str, Response]:
        """The gates that rang or asked for a look, each with the loudest that it said."""
        found: dict[str, Response] = {}
        for gate in dict.fromkeys(gate for batch in self.batches for gate in batch):
            response = min(
                (classify_response(batch[gate]) for batch in self.batches if gate in batch),
                key=RESPONSES.index,
            )
            found |= {gate: response} if response != "quiet" else {}
        return found

    @property
    def response(self) -> Response:
        """The loudest that any expected gate said."""
        heard = (
            response
            for gate, response in self.responses_by_gate.items()
            if gate in self.expected_gates
        )
        return min(heard, key=RESPONSES.index, default="quiet")

    @property
    def caught_in_batch(self) -> int | None:
        """The batch (from 1) in which an expected gate was loud enough; None where none was."""
        for number, batch in enumerate(self.batches, start=1):
            if any(
                self._is_caught_at(batch[gate]) for gate in self.expected_gates if gate in batch
            ):
                return number
        return None

    def _is_caught_at(self, level: Level) -> bool:
        return RESPONSES.index(classify_response(level)) <= RESPONSES.index(self.required_level)


@dataclass(frozen=True, slots=True)
class Drill:
    """All exercises, and what each gate said of each clean month in order."""

    cases: tuple[DrillCase, ...]
    clean_months: tuple[Mapping[str, Level], ...]

    def count_responses(self, *, strength: int) -> dict[Response, int]:
        """How many faults of that strength their gates rang for, asked a look for or missed."""
        heard = [exercise.response for exercise in self.cases if exercise.strength == strength]
        return {response: heard.count(response) for response in RESPONSES}

    def count_clean_months(self) -> dict[Response, int]:
        """How many clean months any gate rang in, asked a look in, or left alone."""
        heard = [
            min(map(classify_response, month.values()), key=RESPONSES.index, default="quiet")
            for month in self.clean_months
        ]
        return {response: heard.count(response) for response in RESPONSES}


def classify_response(level: Level) -> Response:
    """How loud a level is: a refusal is an alarm, what was not judged is silent."""
    return "alarm" if level in {"alarm", "refused"} else "watch" if level == "watch" else "quiet"


def judge_drill(drill: Drill, *, policy: DrillPolicy | None = None) -> Verdict:
    """`alarm` when too many faults were missed or clean months rang, `watch` when any was missed or did, else `ok`."""
    policy = policy or DrillPolicy()
    due = [exercise for exercise in drill.cases if exercise.strength >= policy.judged_from]
    missed = [
        f"{exercise.name} {exercise.strength}"
        for exercise in due
        if exercise.caught_in_batch is None
    ]
    recall = 1 - len(missed) / len(due) if due else 0.0
    clean = drill.count_clean_months()
    figures = {
        "planted_count": float(len(drill.cases)),
        "judged_count": float(len(due)),
        "recall": recall,
        "lowest_recall": policy.lowest_recall,
        "clean_count": float(len(drill.clean_months)),
        "false_alarm_count": float(clean["alarm"]),
        "watched_clean_count": float(clean["watch"]),
    }
    caught = f"{len(due) - len(missed)} of {len(due)} faults of strength {policy.judged_from} and above caught"
    asked = f"recall {recall:.1%}, at least {policy.lowest_recall:.0%} asked for"
    told = [f"{caught} within {policy.batch_count} batches: {asked}"]
    told.append(
        f"{clean['alarm']} alarms and {clean['watch']} looks asked for in {len(drill.clean_months)} clean months: "
        f"at most {policy.most_false_alarms} alarm allowed"
    )
    if missed:
        told.append(f"missed: {show_examples(missed)}")
    broken = recall < policy.lowest_recall or clean["alarm"] > policy.most_false_alarms
    level: Level = "alarm" if broken else "watch" if missed or clean["alarm"] else "ok"
    return Verdict(GATE, level, tuple(told), figures)
