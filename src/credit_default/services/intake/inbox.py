"""The inbox emptied: all that waits, the oldest first, or one file of it; scored and put away, or put aside with the reason.

What is nobody's fault (a copy under way, another runner that was faster, a month that nobody named) is told in a note; the
file waits, and the others go on. How a file is scored is for the caller to say: by a command, or by a deployment's run.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from credit_default.adapters.files.statement_files import has_month_column
from credit_default.adapters.lake.inbox import (
    build_incoming_uri,
    find_incoming_key,
    has_settled,
    has_valid_key,
    list_incoming,
    move_processed,
    move_refused,
    refresh_incoming,
)
from credit_default.adapters.lake.layout import Lake, check_month
from credit_default.adapters.storage.port import StoredObject
from credit_default.errors import CreditDefaultError
from credit_default.failpoints import hit_failpoint
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_access import open_fetched_file
from credit_default.views.summaries.summary import Summary

FileScorer = Callable[
    [str, str | None], Summary
]  # of a file's uri and the month that was named for it

_CAUSES_OUTSIDE_THE_FILE = ("champion", "--month", "portfolio")
_FILE_FAULTS = {1, 2}  # exit codes: refused, unreadable


@dataclass(frozen=True, slots=True)
class ProcessedFile:
    """What became of one file that waited: scored, refused, or neither, in words for a person."""

    note: str
    scored: Summary | None = None
    refused: bool = False


def _no_lock(_uri: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class InboxRun:
    """How the inbox is emptied: what scores a file, whose turn it is, and what time it is.

    `turn` is a block in which nobody else works on that uri. `month` is of the files that have no statement_month of
    their own.
    """

    score: FileScorer
    clock: Callable[[], dt.datetime]
    month: str | None = None
    turn: Callable[[str], AbstractContextManager[None]] = _no_lock


def score_incoming(wiring: Wiring, emptying: InboxRun) -> Summary:
    """What became of all that waits; exit code 1 when some of it was refused.

    Raises:
        CreditDefaultError: what is no file's fault stopped it; the remedy tells what was done before.
    """
    if emptying.month is not None:
        check_month(emptying.month)
    return _process_files(wiring, emptying, list_incoming(wiring.lake))


def score_incoming_file(wiring: Wiring, emptying: InboxRun, *, uri: str) -> Summary:
    """What became of the one file; exit code 1 when it was refused. One that waits in the inbox is put away, or put aside.

    However often it is named: who comes late finds it gone, and that is no error.

    Raises:
        CreditDefaultError: it is no file of the inbox and can't be scored, or what is not its fault stopped it.
    """
    key = find_incoming_key(wiring.lake, uri)
    if key is None:
        with emptying.turn(uri):
            return emptying.score(uri, emptying.month)
    waiting = wiring.lake.storage.find_object(key)
    if waiting is None:
        return _summarise([ProcessedFile(f"{key.rpartition('/')[2]} was taken by another runner")])
    return _process_files(wiring, emptying, (waiting,))


def move_scored_file(lake: Lake, waiting: StoredObject, *, batch_id: str) -> str | None:
    """The key in `processed/` under which the file stands now, or None when it was written anew meanwhile and waits, or is gone.

    Call it only after the result is committed.
    """
    moved = move_processed(lake, waiting, batch_id=batch_id)
    hit_failpoint("inbox.processed")
    return moved


def move_refused_file(lake: Lake, waiting: StoredObject, error: CreditDefaultError) -> str | None:
    """The key in `refused/` under which the file stands now, the reason beside it as `<name>.reason.json`.

    None when it was written anew meanwhile and waits, or is gone: `adapters.incoming.look_again` tells which.
    """
    reason = {
        "thing": error.thing,
        "found": error.found,
        "expected": error.expected,
        "remedy": error.remedy,
    }
    moved = move_refused(lake, waiting, reason=reason)
    hit_failpoint("inbox.refused")
    return moved


def _process_files(wiring: Wiring, emptying: InboxRun, waiting: Sequence[StoredObject]) -> Summary:
    taken: list[ProcessedFile] = []
    for one in waiting:
        try:
            taken.append(_process_file(wiring, emptying, one))
        except CreditDefaultError as error:
            raise _add_progress_to_remedy(error, taken) from error
    return _summarise(taken)


def _process_file(wiring: Wiring, emptying: InboxRun, waiting: StoredObject) -> ProcessedFile:
    name = _get_file_name(waiting)
    if not has_valid_key(waiting):
        return ProcessedFile(
            f"{name} has a name that the lake cannot keep: rename it", refused=True
        )
    with emptying.turn(build_incoming_uri(wiring.lake, waiting)):
        seen = refresh_incoming(wiring.lake, waiting)
        if seen is None:
            return _report_skipped(wiring.lake, waiting)
        if not has_settled(wiring.lake, seen, now=emptying.clock()):
            return ProcessedFile(
                f"{name} was written a moment ago, perhaps not to its end: it waits for the next run"
            )
        return _score_or_refuse(wiring, emptying, seen)


def _score_or_refuse(wiring: Wiring, emptying: InboxRun, seen: StoredObject) -> ProcessedFile:
    try:
        summary = _score(wiring, emptying, seen)
    except FileNotFoundError:
        if refresh_incoming(wiring.lake, seen) is not None:
            raise
        return _report_skipped(wiring.lake, seen)
    except CreditDefaultError as error:
        if error.exit_code not in _FILE_FAULTS or error.thing.startswith(_CAUSES_OUTSIDE_THE_FILE):
            raise
        return _report_refused(wiring.lake, seen, error)
    if summary is None:
        return ProcessedFile(f"{_get_file_name(seen)} has no statement_month: name it with --month")
    return _report_scored(wiring.lake, seen, summary)


def _score(wiring: Wiring, emptying: InboxRun, seen: StoredObject) -> Summary | None:
    """What became of the batch; None when nobody says its month. A file in a bucket is fetched once, for both questions."""
    uri = build_incoming_uri(wiring.lake, seen)
    with open_fetched_file(wiring, uri) as arrival:
        if has_month_column(arrival.path, schema=wiring.schema):
            return emptying.score(uri, None)
        return None if emptying.month is None else emptying.score(uri, emptying.month)


def _report_scored(lake: Lake, seen: StoredObject, summary: Summary) -> ProcessedFile:
    note = f"{_get_file_name(seen)}: batch {summary.batch_id}, {summary.status}"
    if move_scored_file(lake, seen, batch_id=str(summary.batch_id)) is None:
        note += f"; {_report_skipped(lake, seen).note}"
    return ProcessedFile(note, scored=summary)


def _report_refused(lake: Lake, seen: StoredObject, error: CreditDefaultError) -> ProcessedFile:
    if move_refused_file(lake, seen, error) is None:
        return _report_skipped(lake, seen)
    return ProcessedFile(f"{_get_file_name(seen)}: {error}", refused=True)


def _report_skipped(lake: Lake, seen: StoredObject) -> ProcessedFile:
    """Of a file that is no longer what it was when it was looked at: whether it is there at all."""
    if refresh_incoming(lake, seen) is None:
        return ProcessedFile(f"{_get_file_name(seen)} was taken by another runner")
    return ProcessedFile(
        f"{_get_file_name(seen)} was written anew meanwhile: the new content waits for its turn"
    )


def _get_file_name(waiting: StoredObject) -> str:
    return waiting.key.rpartition("/")[2]


def _add_progress_to_remedy(
    error: CreditDefaultError, taken: Sequence[ProcessedFile]
) -> CreditDefaultError:
    """The same error; its remedy tells too what was done before, which stays done."""
    if not taken:
        return error
    remedy = f"{error.remedy} Done before it, and not again: {_count(taken)}."
    return type(error)(error.thing, found=error.found, expected=error.expected, remedy=remedy)


def _count(taken: Sequence[ProcessedFile]) -> str:
    scored = sum(one.scored is not None for one in taken)
    refused = sum(one.refused for one in taken)
    return f"{scored} scored, {refused} refused"


def _summarise(taken: Sequence[ProcessedFile]) -> Summary:
    scored = [one.scored for one in taken if one.scored is not None]
    refused = [one.note for one in taken if one.refused]
    only = scored[0] if len(scored) == len(taken) == 1 else None
    return Summary(
        "predict",
        _count(taken),
        exit_code=1 if refused else 0,
        verdicts=tuple(verdict for summary in scored for verdict in summary.verdicts),
        batch_id=only.batch_id if only else None,
        model_version=only.model_version if only else None,
        counts={
            "scored": sum(s.counts.get("scored", 0) for s in scored),
            "quarantined": sum(s.counts.get("quarantined", 0) for s in scored),
        },
        notes=(*refused, *(one.note for one in taken if not one.refused)),
    )
