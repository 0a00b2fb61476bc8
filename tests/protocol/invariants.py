"""What must hold: in every state (`ALWAYS`), and in every state that the lake comes to once all faults are over (`AT_REST`).

Each is a function of the state with a sentence that says what holds; it returns True where it does.
"""

from collections.abc import Callable
from typing import Final

from tests.protocol.erasure_acts import VERSIONS
from tests.protocol.ingest_acts import ROWS_OF
from tests.protocol.state import (
    BAD,
    BEGUN,
    CUT_SHORT,
    DOUBLED,
    FORGOTTEN,
    GOOD,
    HALF,
    NONE,
    TOLD,
    WITH_CLIENT,
    at,
    has_client,
    of_version,
)

Invariant = Callable[[bytes], bool]
_TABLES = tuple(
    at(name) for name in ("quarantine", "snapshot", "scores_1", "scores_2", "history", "outcomes")
)
_ENTRIES = tuple(at(name) for name in ("ingested_entries", "scored_entries_1", "scored_entries_2"))
_UNDER_WAY = (BEGUN, CUT_SHORT)
_SNAPSHOT, _ROW_FILES, _TOLD = at("snapshot"), at("row_files"), at("told")
_SCORES = [of_version("scores", version) for version in VERSIONS]
_SCORED = [of_version("scored_entries", version) for version in VERSIONS]
_DIGESTS = [of_version("digest", version) for version in VERSIONS]
_RUNS = [of_version("runs", version) for version in VERSIONS]
_OPEN_RUNS = [of_version("open_runs", version) for version in VERSIONS]


# ── in every state ──


def nothing_is_doubled(s: bytes) -> bool:
    """A batch has one result under each version, and the ledger one entry for each decision."""
    return all(s[table] != DOUBLED for table in _TABLES) and all(
        s[entry] <= 1 for entry in _ENTRIES
    )


def no_half_is_seen(s: bytes) -> bool:
    """A table has all rows of a batch or none, and a snapshot's record names rows that are there."""
    if any(s[table] == HALF for table in _TABLES):
        return False
    return not s[_SNAPSHOT] or bool(s[_ROW_FILES] & ROWS_OF.get(s[_SNAPSHOT], 0))


def no_entry_without_its_scores(s: bytes) -> bool:
    """The ledger never says that a batch was scored before its scores are committed."""
    return all(s[scores] or not s[entry] for scores, entry in zip(_SCORES, _SCORED, strict=True))


def told_is_on_record(s: bytes) -> bool:
    """What somebody was told to be done is in the lake and in the ledger, and stays there."""
    told = s[_TOLD]
    if not told:
        return True
    return (
        all(
            s[entry] or not told & TOLD[f"scored {v}"]
            for v, entry in zip(VERSIONS, _SCORED, strict=True)
        )
        and bool(s[at("ingested_entries")] or not told & TOLD["ingested"])
        and bool(s[at("outcomes_entries")] or not told & TOLD["outcomes"])
        and bool(s[at("completed_entry")] or not told & TOLD["forgotten"])
    )


def no_file_is_lost(s: bytes) -> bool:
    """A file that came waits, or stands in processed/ or in refused/ beside its reason, until an erasure takes it."""
    if s[at("refused")] and not s[at("reason")]:
        return False
    if s[at("written_again")]:
        return s[at("incoming")] == BAD or bool(s[at("refused")])
    is_there = s[at("incoming")] == GOOD or s[at("processed")]
    return bool(is_there or s[at("erasure")] or not s[at("waited")])


def processed_means_scored(s: bytes) -> bool:
    """A file leaves the inbox for processed/ only once its scores and their entry are there."""
    return not s[at("processed")] or any(s[entry] for entry in _SCORED)


def no_alias_without_its_verdict(s: bytes) -> bool:
    """The champion alias never names a version without the verdict that put it there."""
    return s[at("alias")] != 2 or bool(s[at("verdict")])


def two_people_decide(s: bytes) -> bool:
    """Where two people decide, the alias moves only after a request and another person's approval, and after no refusal."""
    if not s[at("two_people")] or s[at("alias")] != 2:
        return True
    return bool(s[at("request")] and s[at("approval")] and not s[at("refusal")])


# ── at rest ──


def every_result_is_on_record(s: bytes) -> bool:
    """No scored batch stays without its ledger entry."""
    return all(s[entry] or not s[scores] for scores, entry in zip(_SCORES, _SCORED, strict=True))


def scores_are_those_on_record(s: bytes) -> bool:
    """The newest digest on record is that of the scores in the table, unless an erasure is still under way."""
    if s[at("erasure")] == BEGUN:
        return True
    return all(s[digest] == s[scores] for digest, scores in zip(_DIGESTS, _SCORES, strict=True))


def read_is_scored_and_quarantined(s: bytes) -> bool:
    """Of a batch on record every row read is scored or in quarantine, and its scores are those of the rows kept."""
    if not any(s[entry] for entry in _SCORED):
        return True
    if not s[at("quarantine")] or not s[_SNAPSHOT] or not s[at("ingested_entries")]:
        return False
    is_cut = s[at("erasure")] in _UNDER_WAY
    return is_cut or all(s[scores] in (NONE, s[_SNAPSHOT]) for scores in _SCORES)


def erasure_is_final(s: bytes) -> bool:
    """Once it is complete, nothing that was on record before it has rows of the client, and no lost file has them either."""
    if s[at("erasure")] != FORGOTTEN:
        return True
    if s[_ROW_FILES] & WITH_CLIENT and not has_client(s[_SNAPSHOT]):
        return False
    if s[at("outcomes_before")] and (has_client(s[at("history")]) or has_client(s[at("outcomes")])):
        return False
    if not s[at("ingested_before")]:
        return True  # the file counts as one that is given again
    held = (*_SCORES, _SNAPSHOT, at("quarantine"))
    return not s[at("processed")] and not any(has_client(s[place]) for place in held)


def outcomes_are_those_of_the_history(s: bytes) -> bool:
    """The current outcomes are the newest ones of the history, unless an erasure is still under way."""
    if s[at("erasure")] in _UNDER_WAY:
        return True
    return not s[at("outcomes_entries")] or s[at("outcomes")] == s[at("history")]


def champion_is_on_record(s: bytes) -> bool:
    """The ledger names the alias's version last, its bundle is the pinned one, and whoever scored was named before."""
    named = s[at("champions_named")]
    return s[at("champion_entry")] == s[at("alias")] == s[at("pinned")] and all(
        named & v or not s[entry] for v, entry in zip(VERSIONS, _SCORED, strict=True)
    )


def every_result_has_one_run(s: bytes) -> bool:
    """MLflow has one finished run for each result on record, and none that seems to go on."""
    return not any(s[run] for run in _OPEN_RUNS) and all(
        s[runs] == bool(s[entry]) for runs, entry in zip(_RUNS, _SCORED, strict=True)
    )


def no_file_stands_in_two_places(s: bytes) -> bool:
    """Whatever was cut short, a file ends in one place, and none waits for ever."""
    return s[at("incoming")] == NONE


ALWAYS: Final[tuple[Invariant, ...]] = (
    nothing_is_doubled,
    no_half_is_seen,
    no_entry_without_its_scores,
    told_is_on_record,
    no_file_is_lost,
    processed_means_scored,
    no_alias_without_its_verdict,
    two_people_decide,
)
AT_REST: Final[tuple[Invariant, ...]] = (
    every_result_is_on_record,
    scores_are_those_on_record,
    read_is_scored_and_quarantined,
    erasure_is_final,
    outcomes_are_those_of_the_history,
    champion_is_on_record,
    every_result_has_one_run,
    no_file_stands_in_two_places,
)
