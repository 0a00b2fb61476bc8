"""Erasing a client: the steps of `services.audit.erasure`, and what `reconcile` does for it afterwards."""

from tests.protocol.ingest_acts import FORGETTING, ROWS_OF, TAKING_IN
from tests.protocol.state import (
    BEGUN,
    CUT_SHORT,
    ERASED,
    FORGOTTEN,
    NONE,
    NOTED,
    ROWS,
    TOLD,
    VERSION,
    WITHOUT_CLIENT,
    at,
    has_client,
    of_version,
)
from tests.protocol.steps import END, STORAGE, TABLE, Act, Do, Step, holding

VERSIONS = (1, 2)
IN_SNAPSHOT, IN_BATCH = 1, 2  # bits of what the traces are


def complete_cut_short(s: bytearray, p: int) -> None:
    """What an erasure that was cut short has left of the scores is entered, and that it was cut short."""
    if s[at("erasure")] == BEGUN:
        enter_what_is_left(s, s[at("erased_results")])
        s[at("erasure")] = CUT_SHORT


def find_traces(s: bytearray, p: int) -> str | None:
    """Where the lake has rows of the client; rows that no record names any more are deleted on the way."""
    if s[at("snapshot")]:
        s[at("row_files")] &= ROWS_OF[s[at("snapshot")]]
    s[p + VERSION] = sum(v for v in VERSIONS if has_client(s[of_version("scores", v)]))
    s[p + ROWS] = IN_SNAPSHOT if has_client(s[at("snapshot")]) else 0
    if s[p + ROWS] or s[p + VERSION] or has_client(s[at("quarantine")]):
        s[p + ROWS] |= IN_BATCH
    if not s[p + ROWS] and not has_client(s[at("history")]) and not has_client(s[at("outcomes")]):
        return END
    s[p + NOTED] = 1
    return None


def append_begun(s: bytearray, p: int) -> None:
    s[at("erasure")], s[at("erased_results")] = BEGUN, s[p + VERSION]
    s[at("ingested_before")] = s[at("ingested_entries")]
    s[at("outcomes_before")] = s[at("outcomes_entries")]


def delete_files(s: bytearray, p: int) -> None:
    if s[p + ROWS] & IN_BATCH:
        s[at("processed")] = NONE


def _delete_rows(*names: str) -> Do:
    def delete(s: bytearray, p: int) -> None:
        for name in names:
            if has_client(s[at(name)]):
                s[at(name)] = ERASED

    return delete


def store_remaining_rows(s: bytearray, p: int) -> str | None:
    if not s[p + ROWS] & IN_SNAPSHOT:
        return "enter what is left"
    s[at("row_files")] |= WITHOUT_CLIENT
    return None


def replace_record(s: bytearray, p: int) -> None:
    s[at("snapshot")] = ERASED


def delete_older_rows(s: bytearray, p: int) -> None:
    s[at("row_files")] &= ROWS_OF[s[at("snapshot")]]


def enter_results(s: bytearray, p: int) -> None:
    enter_what_is_left(s, s[p + VERSION])


def enter_what_is_left(s: bytearray, results: int) -> None:
    """An entry for each result with the digest of its scores now, unless one has that digest already."""
    for version in VERSIONS:
        scores = s[of_version("scores", version)]
        entry = of_version("erased_entry", version)
        if results & version and not (scores == ERASED and s[entry]):
            s[of_version("digest", version)] = scores
            s[entry] = s[entry] or scores == ERASED


def append_completed(s: bytearray, p: int) -> None:
    s[at("erasure")] = s[at("completed_entry")] = FORGOTTEN


_DELETED = ("client.deleted", "table.vacuumed")  # the rows, and the older versions that had them

FORGET = Act(
    "forget",
    holding(
        (
            Step(
                "complete what was cut short",
                complete_cut_short,
                ("forget.completed-earlier",),
                TABLE,
            ),
            Step("find traces", find_traces),
            Step("enter the erasure", append_begun, ("forget.begun",), TABLE),
            Step("delete the files", delete_files, ("forget.files",), STORAGE),
            Step(
                "delete from scores",
                _delete_rows("scores_1", "scores_2"),
                _DELETED,
                TABLE,
            ),
            Step("delete from quarantine", _delete_rows("quarantine"), _DELETED, TABLE),
            Step("delete from outcomes", _delete_rows("outcomes"), _DELETED, TABLE),
            Step(
                "delete from the history",
                _delete_rows("history"),
                (*_DELETED, "forget.tables"),
                TABLE,
            ),
            Step("store the rows left", store_remaining_rows, ("snapshot.rewritten",), STORAGE),
            Step("replace the record", replace_record, ("snapshot.replaced",), STORAGE),
            Step("delete the older rows", delete_older_rows, ("forget.snapshots",), STORAGE),
            Step("enter what is left", enter_results, ("forget.results",), TABLE),
            Step("complete the erasure", append_completed, ("forget.recorded",), TABLE),
        ),
        FORGETTING,
        waits_for=[FORGETTING, TAKING_IN],
    ),
    told=lambda s, p: TOLD["forgotten"] if s[p + NOTED] else 0,
    owed=4,
)


# ── what reconcile does ──


def remove_lost_rows(s: bytearray, p: int) -> None:
    """Rows that no record ever named: their run is gone for longer than any run lasts."""
    if not s[at("snapshot")]:
        s[at("row_files")] = NONE


def remove_erased_files(s: bytearray, p: int) -> None:
    """The files of batches that have fewer rows than were taken in: they were moved after the erasure."""
    if s[at("ingested_entries")] and ERASED in (s[at("snapshot")], s[at("quarantine")]):
        s[at("processed")] = NONE


CLEANING = (
    Step("remove lost rows", remove_lost_rows, (), STORAGE, frozenset({TAKING_IN})),
    Step("remove erased files", remove_erased_files, ("reconcile.cleaned",), STORAGE),
)
