"""Process the inbox: score every file that waits, oldest first, or one of them, and move each to where it belongs.

A scored file goes to `processed/`, a refused one to `refused/` with the reason. A file that is not at fault (a copy still
being written, one that another runner took, one whose month is not known) stays or is gone already; a note says so, and the
others go on. The caller decides how a file is scored: a command does it in its own process, a deployment as a run.
"""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from credit_default.adapters.files.part_folders import DONE_MARK
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.statement_files import has_month_column
from credit_default.adapters.lake.inbox import (
    INCOMING,
    build_incoming_uri,
    find_incoming,
    find_incoming_key,
    has_settled,
    has_valid_key,
    move_processed,
    move_refused,
    read_inbox,
    refresh_incoming,
)
from credit_default.adapters.lake.layout import Lake, check_month
from credit_default.adapters.storage.port import StoredObject
from credit_default.errors import (
    CreditDefaultError,
    InputError,
    RefusedError,
    SetupError,
    escape_unprintable,
)
from credit_default.failpoints import hit_failpoint
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_access import open_fetched_file
from credit_default.services.intake.inbox_summary import (
    ProcessedFile,
    add_progress_to_remedy,
    summarise_inbox,
)
from credit_default.views.summaries.summary import Summary

# Takes a file's uri and the month given for it, or None where the file has the month itself.
FileScorer = Callable[[str, str | None], Summary]

_LOG = logging.getLogger(__name__)


def _no_lock(_uri: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class InboxRun:
    """How the inbox is processed.

    Attributes:
        score: Scores one file and returns its summary.
        clock: Returns the current time, to see whether a file is still being written.
        month: "YYYY-MM" for the files that have no statement_month column; None where no month was given.
        hold_lock: Returns a block in which no other run works on that uri.
        options: How to read the files, as they were given for all of them.
    """

    score: FileScorer
    clock: Callable[[], dt.datetime]
    month: str | None = None
    hold_lock: Callable[[str], AbstractContextManager[None]] = _no_lock
    options: ReadingOptions = NO_OPTIONS


def score_incoming(wiring: Wiring, run: InboxRun) -> Summary:
    """Score all files that wait in the inbox; the summary's exit code is 1 when some were refused.

    Raises:
        CreditDefaultError: An error that no single file caused stopped the run. The remedy says what was done before.
    """
    if run.month is not None:
        check_month(run.month)
    inbox = read_inbox(wiring.lake)
    unfinished = [_report_unfinished(wiring.lake, name) for name in inbox.unfinished]
    return _process_files(wiring, run, inbox.waiting, unfinished=unfinished)


def score_incoming_file(wiring: Wiring, run: InboxRun, *, uri: str) -> Summary:
    """Score one file; the summary's exit code is 1 when it was refused. A file from the inbox is moved afterwards.

    Scoring a file that another run has taken in the meantime is not an error: the summary says so.

    Raises:
        CreditDefaultError: The file is not in the inbox and cannot be scored, or an error that it did not cause stopped the run.
    """
    key = find_incoming_key(wiring.lake, uri)
    if key is None:
        with run.hold_lock(uri):
            return run.score(uri, run.month)
    waiting = find_incoming(wiring.lake, key)
    if waiting is None:
        return summarise_inbox(
            [ProcessedFile(f"{key.rpartition('/')[2]} was taken by another runner")]
        )
    return _process_files(wiring, run, (waiting,))


def move_scored_file(lake: Lake, waiting: StoredObject, *, batch_id: str) -> str | None:
    """Move a scored file to `processed/` and return its new key; call it only after the result is committed.

    Returns:
        None when the file is gone, or was written again in the meantime and so stays.
    """
    moved = move_processed(lake, waiting, batch_id=batch_id)
    hit_failpoint("inbox.processed")
    if moved is not None:
        _LOG.info("moved scored file key=%s batch_id=%s", escape_unprintable(moved), batch_id)
    return moved


def move_refused_file(lake: Lake, waiting: StoredObject, error: CreditDefaultError) -> str | None:
    """Move a refused file to `refused/`, with the reason beside it as `<name>.reason.json`, and return its new key.

    Returns:
        None when the file is gone, or was written again in the meantime and so stays: `refresh_incoming` distinguishes the two.
    """
    reason = {
        "thing": error.thing,
        "found": error.found,
        "expected": error.expected,
        "remedy": error.remedy,
    }
    moved = move_refused(lake, waiting, reason=reason)
    hit_failpoint("inbox.refused")
    if moved is not None:
        _LOG.warning("moved refused file key=%s", escape_unprintable(moved))
    return moved


def _report_unfinished(lake: Lake, name: str) -> ProcessedFile:
    return ProcessedFile(
        f"folder {name} waits for {DONE_MARK}, which its job writes when it is done;"
        f" if it is complete, score it with `credit-default predict {lake.uri}/{INCOMING}{name}`"
    )


def _process_files(
    wiring: Wiring,
    run: InboxRun,
    waiting: Sequence[StoredObject],
    *,
    unfinished: Sequence[ProcessedFile] = (),
) -> Summary:
    processed: list[ProcessedFile] = []
    for stored in waiting:
        try:
            processed.append(_process_file(wiring, run, stored))
        except CreditDefaultError as error:
            raise add_progress_to_remedy(error, processed) from error
    return summarise_inbox((*processed, *unfinished))


def _process_file(wiring: Wiring, run: InboxRun, waiting: StoredObject) -> ProcessedFile:
    name = _get_file_name(waiting)
    if not has_valid_key(waiting):
        note = f"{name} has a name that the lake cannot store: rename it"
        return ProcessedFile(note, refused=True)
    with run.hold_lock(build_incoming_uri(wiring.lake, waiting)):
        seen = refresh_incoming(wiring.lake, waiting)
        if seen is None:
            return _report_skipped(wiring.lake, waiting)
        if not has_settled(wiring.lake, seen, now=run.clock()):
            return ProcessedFile(
                f"{name} was written a moment ago, perhaps not to its end: it waits for the next run"
            )
        return _score_or_refuse(wiring, run, seen)


def _score_or_refuse(wiring: Wiring, run: InboxRun, seen: StoredObject) -> ProcessedFile:
    try:
        summary = _score(wiring, run, seen)
    except FileNotFoundError:
        if refresh_incoming(wiring.lake, seen) is not None:
            raise
        return _report_skipped(wiring.lake, seen)
    except SetupError:
        raise  # the file is not at fault: it waits until the cause is removed
    except (InputError, RefusedError) as error:
        return _report_refused(wiring.lake, seen, error)
    if summary is None:
        return ProcessedFile(
            f"{_get_file_name(seen)} has no statement_month: give its month with --month"
        )
    return _report_scored(wiring.lake, seen, summary)


def _score(wiring: Wiring, run: InboxRun, seen: StoredObject) -> Summary | None:
    """Score the file; None when its month is neither in it nor given. A file in a bucket is fetched only once for both."""
    uri = build_incoming_uri(wiring.lake, seen)
    with open_fetched_file(wiring, uri) as arrival:
        options = run.options.complete(wiring.portfolio.file)
        if has_month_column(arrival.path, schema=wiring.schema, options=options):
            return run.score(uri, None)
        return None if run.month is None else run.score(uri, run.month)


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
    """Say why a file that has changed since it was listed is not processed: it is gone, or has other content."""
    name = _get_file_name(seen)
    if refresh_incoming(lake, seen) is None:
        return ProcessedFile(f"{name} was taken by another runner")
    return ProcessedFile(f"{name} was written again: its new content waits for the next run")


def _get_file_name(waiting: StoredObject) -> str:
    return waiting.key.rpartition("/")[2]
