"""Taking a file in: the steps of `services.intake.ingest`, which are also the first half of `predict`."""

from tests.protocol.state import (
    ERASED,
    IS_NEW,
    NONE,
    ROWS,
    TOLD,
    WHOLE,
    WITH_CLIENT,
    WITHOUT_CLIENT,
    at,
)
from tests.protocol.steps import STORAGE, TABLE, Act, Step, holding

ROWS_OF = {WHOLE: WITH_CLIENT, ERASED: WITHOUT_CLIENT}  # the file that a snapshot's record names
TAKING_IN, FORGETTING = "taking in", "forgetting"  # the two sides of the lock of erasures


def find_ingested(s: bytearray, p: int) -> None:
    s[p + IS_NEW] = s[at("ingested_entries")] == 0


def write_rejected(s: bytearray, p: int) -> None:
    """One commit under the key of the batch, by a run that saw no entry; the key stays when a client's rows are deleted."""
    if s[p + IS_NEW] and s[at("quarantine")] == NONE:
        s[at("quarantine")] = WHOLE


def store_rows(s: bytearray, p: int) -> str | None:
    """A file named by its content, unless there is a snapshot."""
    if s[at("snapshot")]:
        return "keep"
    s[at("row_files")] |= WITH_CLIENT
    return None


def create_record(s: bytearray, p: int) -> None:
    if s[at("snapshot")] == NONE:
        s[at("snapshot")] = WHOLE


def read_record(s: bytearray, p: int) -> None:
    s[p + ROWS] = s[at("snapshot")]


def append_ingested(s: bytearray, p: int) -> None:
    s[at("ingested_entries")] = s[at("ingested_entries")] or 1


KEEPING = (
    Step("find the batch's entry", find_ingested),
    Step(
        "commit the rejected rows",
        write_rejected,
        ("table.opened", "table.streamed", "table.committed", "ingest.quarantined"),
        TABLE,
    ),
    Step("store the rows", store_rows, ("snapshot.rows-kept",), STORAGE),
    Step("complete the snapshot", create_record, ("create.staged", "snapshot.recorded"), STORAGE),
    Step("keep", read_record, ("ingest.kept",)),
    Step("enter ingested", append_ingested, ("ingest.recorded",), TABLE),
)

INGEST = Act(
    "ingest",
    holding(KEEPING, TAKING_IN, waits_for=[FORGETTING]),
    told=lambda s, p: TOLD["ingested"],
    owed=1,
)
