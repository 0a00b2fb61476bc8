"""The state of the model: one byte for each thing that the protocol can change, so that a state is a short `bytes`.

The lake is reduced to one batch and one file of outcomes, both with rows of the client who may be erased and of others. Where
a place holds such rows, its byte is NONE, WHOLE, ERASED (the client's are gone), or what must never be: DOUBLED or HALF.
"""

from typing import Final

NONE, WHOLE, ERASED, DOUBLED, HALF = range(5)
GOOD, BAD = (
    1,
    2,
)  # the contents that incoming/ may hold: a file to score, and one that the gate refuses
WITH_CLIENT, WITHOUT_CLIENT = 1, 2  # bits: the files of rows that a snapshot's folder may hold
NOT_BEGUN, BEGUN, CUT_SHORT, FORGOTTEN = range(4)  # of the erasure, in the ledger

ACTS: Final = (
    *("predict", "ingest", "outcomes", "forget"),
    *("promote", "roll_back", "request", "approve", "refuse", "reconcile"),
)
FIELDS: Final = (
    # files of the inbox
    "incoming",  # NONE, GOOD or BAD
    "processed",  # the good file stands in processed/
    "refused",  # the bad file stands in refused/
    "reason",  # and its reason beside it
    "waited",  # the good file came into incoming/, and was not given by its path
    "written_again",  # the producer wrote the bad file over the good one
    # tables and snapshots
    "quarantine",
    "snapshot",  # its record: WHOLE names rows with the client, ERASED rows without
    "row_files",  # bits
    "scores_1",  # of model version 1
    "scores_2",
    "history",  # outcome_history
    "outcomes",
    # the ledger
    "ingested_entries",
    "scored_entries_1",
    "scored_entries_2",
    "digest_1",  # of the scores, as the newest entry about them has it: WHOLE or ERASED
    "digest_2",
    "erased_entry_1",  # there is an entry `forgotten` with the digest of what was left
    "erased_entry_2",
    "outcomes_entries",
    "refused_entry",
    "erasure",
    "completed_entry",  # an erasure was completed, perhaps before another one began
    "erased_results",  # bits: the versions whose scores the begun erasure names
    "ingested_before",  # the batch was on record when the erasure that is complete began
    "outcomes_before",  # likewise the outcomes
    "champion_entry",  # the version that the newest change of the champion names
    "change_entries",  # bits: the changes of the alias that have an entry, by their number
    "champions_named",  # bits: versions that an entry named champion
    "request_entry",
    "refusal_entry",
    # MLflow
    "alias",  # the champion's version
    "change",  # how many changes of the alias were begun
    "last_change",  # the number of the one that the alias shows
    "verdict",  # the verdict is in version 2's tags
    "request",  # likewise the request for its promotion
    "approval",
    "refusal",
    "mlflow_up",
    "runs_1",  # finished runs of the batch
    "runs_2",
    "open_runs_1",  # runs that MLflow shows as running
    "open_runs_2",
    # beside both
    "pinned",  # the champion pinned in the lake
    "two_people",  # the setting by which two people decide on a promotion
    "told",  # bits of TOLD: what somebody was told
    "owed",  # bits of acts that were asked for and never told to be done
    # how much may still go wrong, and how often each act may still be begun
    "crashes",
    "lost_replies",
    "outages",
    "doubled_requests",
    "rewrites",
    *(f"{act}_left" for act in ACTS),
)
BUDGETS: Final = FIELDS.index("crashes")
PLACE: Final = {name: place for place, name in enumerate(FIELDS)}
TOLD: Final = {
    name: 1 << place
    for place, name in enumerate(("scored 1", "scored 2", "ingested", "outcomes", "forgotten"))
}

# What a process remembers: its act, the step that comes next, and what it has read. It is lost in a crash.
MEMORY: Final = ("act", "next_step", "version", "content", "is_new", "rows", "digest", "noted")
WIDTH: Final = len(MEMORY)
PROCESSES: Final = tuple(
    len(FIELDS) + WIDTH * number for number in range(3)
)  # two runners, the reconciler
(
    ACT,
    NEXT,
    VERSION,  # the champion that was loaded
    CONTENT,  # what incoming/ held when it was looked at
    IS_NEW,
    ROWS,  # the rows that were read, to be committed
    DIGEST,  # of the scores that this process committed or found
    NOTED,  # anything else
) = range(WIDTH)


def at(name: str) -> int:
    """The place of a field in the state."""
    return PLACE[name]


def of_version(name: str, version: int) -> int:
    """The place of a field that there is once for each model version."""
    return PLACE[f"{name}_1"] + version - 1


def has_client(place: int) -> bool:
    """Whether what stands in a table or snapshot has rows of the client."""
    return place in (WHOLE, DOUBLED, HALF)


def describe(state: bytes) -> str:
    """The fields that are not 0, for people."""
    return " ".join(f"{name}={value}" for name, value in zip(FIELDS, state, strict=False) if value)
