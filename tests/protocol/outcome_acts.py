"""Taking outcomes in: the steps of `services.outcomes.take_in`."""

from tests.protocol.ingest_acts import FORGETTING, TAKING_IN
from tests.protocol.state import NONE, ROWS, TOLD, WHOLE, at
from tests.protocol.steps import TABLE, Act, Step, holding


def check_outcomes(s: bytearray, p: int) -> None:
    """The file's rejected rows go to quarantine as those of a batch do; they are left out here."""


def add_observations(s: bytearray, p: int) -> None:
    if s[at("history")] == NONE:
        s[at("history")] = WHOLE


def read_back(s: bytearray, p: int) -> None:
    """What is merged is what the history has: a client may have been erased since an earlier run added to it."""
    s[p + ROWS] = s[at("history")]


def merge_outcomes(s: bytearray, p: int) -> None:
    if s[at("outcomes")] == NONE:
        s[at("outcomes")] = s[p + ROWS]


def enter_outcomes(s: bytearray, p: int) -> None:
    s[at("outcomes_entries")] = 1


OUTCOMES = Act(
    "outcomes",
    holding(
        (
            Step("check the outcomes", check_outcomes, ("outcomes.quarantined",)),
            Step("add to the history", add_observations, ("outcomes.kept",), TABLE),
            Step("read the history", read_back),
            Step("merge the outcomes", merge_outcomes, ("outcomes.merged",), TABLE),
            Step("enter the outcomes", enter_outcomes, ("outcomes.recorded",), TABLE),
        ),
        TAKING_IN,
        waits_for=[FORGETTING],
    ),
    told=lambda s, p: TOLD["outcomes"],
    owed=2,
)
