"""Scoring a file and moving it: the steps of `services.scoring` and `services.intake.inbox`.

Prefect begins each of these whenever it likes, twice or not at all, and gives no lock that anything here relies on: the
concurrency slot of a file is only there so that two runs do not do the same work.
"""

from dataclasses import replace

from tests.protocol.ingest_acts import FORGETTING, KEEPING, ROWS_OF, TAKING_IN
from tests.protocol.state import (
    BAD,
    CONTENT,
    DIGEST,
    GOOD,
    NONE,
    NOTED,
    ROWS,
    TOLD,
    VERSION,
    at,
    of_version,
)
from tests.protocol.steps import END, FAIL, MLFLOW, STORAGE, TABLE, Act, Step, holding

RECORDING = "recording a run"  # for less than the time after which others record it
PINNED, ENTERED = (
    1,
    2,
)  # bits of what predict notes: which champion it has, and that it entered the scores


# ── predict ──


def look_at_incoming(s: bytearray, p: int) -> str | None:
    s[p + CONTENT] = s[at("incoming")]
    return {NONE: END, GOOD: None, BAD: "enter refused"}[s[p + CONTENT]]


def load_champion(s: bytearray, p: int) -> str:
    s[p + VERSION] = s[at("alias")]
    return "find scores"


def load_pinned(s: bytearray, p: int) -> str | None:
    """Where MLflow does not answer."""
    s[p + VERSION], s[p + NOTED] = s[at("pinned")], PINNED
    return None if s[p + VERSION] else FAIL


def find_scores(s: bytearray, p: int) -> str | None:
    return "look the entry up" if s[of_version("scores", s[p + VERSION])] else None


def read_rows(s: bytearray, p: int) -> str | None:
    """The rows that the record named when it was read; they may be gone since."""
    return None if s[at("row_files")] & ROWS_OF[s[p + ROWS]] else FAIL


def commit_scores(s: bytearray, p: int) -> None:
    """One commit under the key of batch and version: of two, the second finds the key on the version that it follows."""
    scores = of_version("scores", s[p + VERSION])
    if s[scores] == NONE:
        s[scores] = s[p + DIGEST] = s[p + ROWS]


def look_entry_up(s: bytearray, p: int) -> str | None:
    """Where another run committed the scores, what they are is read from the table."""
    if s[of_version("scored_entries", s[p + VERSION])]:
        return "choose who records the run"
    s[p + DIGEST] = s[p + DIGEST] or s[of_version("scores", s[p + VERSION])]
    return None


def append_scored(s: bytearray, p: int) -> None:
    entries = of_version("scored_entries", s[p + VERSION])
    if s[entries] == 0:
        s[entries], s[of_version("digest", s[p + VERSION])] = 1, s[p + DIGEST]
        s[p + NOTED] |= ENTERED


def choose_recorder(s: bytearray, p: int) -> str | None:
    """Who entered the scores records the run, and nobody else for a while; the pinned champion's wait for `reconcile`."""
    if s[p + NOTED] & PINNED:
        return "move to processed"
    return "begin the run" if s[p + NOTED] & ENTERED else None


def look_for_run(s: bytearray, p: int) -> str | None:
    return "move to processed" if s[of_version("runs", s[p + VERSION])] else None


def begin_run(s: bytearray, p: int) -> None:
    s[of_version("open_runs", s[p + VERSION])] += 1


def write_run(s: bytearray, p: int) -> None:
    pass


def end_run(s: bytearray, p: int) -> None:
    s[of_version("open_runs", s[p + VERSION])] -= 1
    s[of_version("runs", s[p + VERSION])] += 1


def move_to_processed(s: bytearray, p: int) -> str | None:
    """A second name for what was scored, unless the file was written again."""
    if s[at("incoming")] != s[p + CONTENT]:
        return END
    s[at("processed")] = 1
    return None


def leave_incoming(s: bytearray, p: int) -> str:
    """Only the content that was moved: what was written since is put back."""
    if s[at("incoming")] == s[p + CONTENT]:
        s[at("incoming")] = NONE
    return END


def append_refused(s: bytearray, p: int) -> str:
    s[at("refused_entry")] = 1
    return "write the reason"


def write_reason(s: bytearray, p: int) -> str | None:
    if s[at("incoming")] != s[p + CONTENT]:
        return END
    s[at("reason")] = 1
    return None


def copy_to_refused(s: bytearray, p: int) -> str | None:
    """A second name for the file, unless it was written again or another run has moved it."""
    if s[at("incoming")] != s[p + CONTENT]:
        return END
    s[at("refused")] = 1
    return None


def _tell_scored(s: bytes, p: int) -> int:
    return TOLD[f"scored {s[p + VERSION]}"] if s[p + CONTENT] == GOOD else 0


SCORING = (
    Step("find scores", find_scores),
    *KEEPING,
    Step("read the rows", read_rows, ("table.streamed",)),
    Step("commit the scores", commit_scores, ("table.committed", "predict.scored"), TABLE),
    Step("look the entry up", look_entry_up),
    Step("enter scored", append_scored, ("predict.recorded",), TABLE),
)
RUN = (
    Step("choose who records the run", choose_recorder),
    Step(
        "look for a run",
        look_for_run,
        where=MLFLOW,
        waits_for=frozenset({RECORDING}),
        after_outage="move to processed",
    ),
    *(
        replace(step, during=frozenset({RECORDING}), after_outage="move to processed")
        for step in (
            Step("begin the run", begin_run, ("predict.run-begun",), MLFLOW, doubled=begin_run),
            Step("write the run", write_run, ("predict.run-written",), MLFLOW),
            Step("end the run", end_run, ("predict.run-ended",), MLFLOW),
        )
    ),
)
MOVE = (
    Step("move to processed", move_to_processed, ("move.copied",), STORAGE),
    Step("leave incoming", leave_incoming, ("move.left", "inbox.processed"), STORAGE),
    Step("enter refused", append_refused, ("refuse.recorded",), TABLE),
    Step("write the reason", write_reason, ("write.staged", "inbox.reason-written"), STORAGE),
    Step("copy to refused", copy_to_refused, ("move.copied",), STORAGE),
    Step("leave incoming too", leave_incoming, ("move.left", "inbox.refused"), STORAGE),
)


def _in_time(step: Step) -> Step:
    """From its entry to its run, a runner takes less than the time that others wait."""
    is_in = step.name in {"enter scored", "choose who records the run"}
    return replace(step, during=step.during | {RECORDING}) if is_in else step


PREDICT = Act(
    "predict",
    (
        Step("look at incoming", look_at_incoming),
        Step(
            "load the champion",
            load_champion,
            where=MLFLOW,
            after_outage="load the pinned champion",
        ),
        Step("load the pinned champion", load_pinned),
        *map(_in_time, holding(SCORING, TAKING_IN, waits_for=[FORGETTING])),
        *map(_in_time, RUN),
        *MOVE,
    ),
    told=_tell_scored,
)
