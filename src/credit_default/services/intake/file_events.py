"""Notice new files and announce them: from a bucket's queue, or by listing what waits in the inbox.

An announcement may be repeated and may come in any order: one object, however often it is announced, has one result. A message
is deleted from the queue only after its objects were announced. Nothing is received while announcements are not accepted,
since the queue sets a message aside that was delivered too often, as if it could not be read.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from credit_default.adapters.lake.inbox import (
    build_incoming_uri,
    find_incoming_key,
    has_settled,
    has_valid_key,
    list_incoming,
)
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.messaging.s3_events import read_notification
from credit_default.adapters.messaging.sqs import MessageQueue, QueuedMessage
from credit_default.errors import InputError, ServiceError, escape_unprintable

Announce = Callable[[str], None]  # takes a uri; raises ServiceError when it was not accepted

_LOG = logging.getLogger(__name__)
_RECHECK_SECONDS = (
    30.0  # for a watched folder without any change: not every file system reports them
)
_MOST_DOUBLINGS = 20
# Files that come at once and are announced each by itself, so that runners share them. More are the work of one run, which
# loads the libraries and the champion once and not for each file.
FEW_FILES = 10


@dataclass(frozen=True, slots=True)
class Announcer:
    """Where new files are announced.

    Attributes:
        announce: Announces one uri.
        announce_all: Announces that the whole inbox is to be scored; raises as `announce`.
        check_open: Raises ServiceError when no announcement would be accepted now.
    """

    announce: Announce
    announce_all: Callable[[], None]
    check_open: Callable[[], None]


def announce_queued_files(lake: Lake, queue: MessageQueue, announcer: Announcer) -> None:
    """Ask the queue once for messages, announce the files that they name, and delete them.

    A message that cannot be understood stays where it is: the queue's redrive policy sets it aside when it was delivered too
    often.

    Raises:
        InputError: There is no such queue.
        ServiceError: The queue cannot be reached, or announcements are not accepted.
    """
    announcer.check_open()
    for message in queue.receive():
        try:
            uris = _read_uris(lake, message)
        except InputError as error:
            _LOG.warning(
                "left a message in the queue id=%s times=%d: %s",
                message.message_id,
                message.receive_count,
                error,
            )
            continue
        for uri in uris:
            _announce(announcer, uri)
        queue.delete(message)


def _read_uris(lake: Lake, message: QueuedMessage) -> tuple[str, ...]:
    """Return the inbox files that the message names; other objects of the bucket are left out."""
    keys = (find_incoming_key(lake, created.uri) for created in read_notification(message.body))
    return tuple(f"{lake.uri}/{key}" for key in keys if key is not None)


@dataclass(slots=True)
class InboxWatch:
    """Repeated checks of the inbox, which together announce each file's content once."""

    lake: Lake
    announcer: Announcer
    clock: Callable[[], dt.datetime]
    _announced: dict[str, str] = field(default_factory=dict)  # key → token

    def check(self) -> bool:
        """Announce the waiting files that were not announced yet; on the first call, all of them.

        More than `FEW_FILES` of them are announced together.

        Returns:
            True when a file is still being written, so that the inbox should be checked again soon.

        Raises:
            ServiceError: The lake cannot be reached, or announcements are not accepted.
        """
        waiting = [stored for stored in list_incoming(self.lake) if has_valid_key(stored)]
        self._announced = {
            stored.key: stored.token
            for stored in waiting
            if self._announced.get(stored.key) == stored.token
        }
        fresh = [stored for stored in waiting if stored.key not in self._announced]
        now = self.clock()
        settled = [stored for stored in fresh if has_settled(self.lake, stored, now=now)]
        if len(settled) > FEW_FILES:
            self.announcer.announce_all()
            self._announced |= {stored.key: stored.token for stored in settled}
            _LOG.info("announced the inbox file_count=%d", len(settled))
            settled = []
        for stored in settled:
            _announce(self.announcer, build_incoming_uri(self.lake, stored))
            self._announced[stored.key] = stored.token
        return any(stored.key not in self._announced for stored in fresh)


def watch_inbox(
    watch: InboxWatch, open_changes: Callable[[], Iterator[bool]]
) -> Callable[[], None]:
    """Return an action, to be repeated, that waits for a change in a watched folder and then checks the inbox.

    It also checks when it is first called, and as long as a file is still being written. It raises as `InboxWatch.check`.

    Args:
        watch: What checks the inbox.
        open_changes: Starts to watch the folder. The iterator gives True after a change and False after a while without one,
            and ends when the folder can no longer be watched.
    """
    changes: Iterator[bool] = iter(())
    check_at = 0.0

    def act() -> None:
        nonlocal changes, check_at
        changed = next(changes, None)
        if changed is None:  # not watched yet, or no longer: files may have come before the watch
            changes, changed = open_changes(), True
            next(changes)
        if changed or time.monotonic() >= check_at:
            check_at = 0.0  # should the check fail, the next one is due at once
            unsettled = watch.check()
            check_at = 0.0 if unsettled else time.monotonic() + _RECHECK_SECONDS

    return act


def repeat_with_backoff(
    act: Callable[[], None], *, longest_wait_seconds: float, until: float | None = None
) -> None:
    """Repeat the action until that moment of the monotonic clock; without end when it is None.

    After a `ServiceError` the next try waits, twice as long each time, up to `longest_wait_seconds`. Any other error ends it.
    """
    failed_count = 0
    while until is None or time.monotonic() < until:
        try:
            act()
            failed_count = 0
        except ServiceError as error:
            wait_seconds = min(2.0**failed_count, longest_wait_seconds)
            failed_count = min(failed_count + 1, _MOST_DOUBLINGS)
            _LOG.warning("trying again in %.0f s: %s", wait_seconds, error)
            time.sleep(wait_seconds)


def _announce(announcer: Announcer, uri: str) -> None:
    announcer.announce(uri)
    _LOG.info("announced file uri=%s", escape_unprintable(uri))
