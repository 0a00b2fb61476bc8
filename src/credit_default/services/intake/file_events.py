"""New files are heard of and announced: from the queue that a bucket tells, or by looking at what waits in the inbox.

Whoever is told may be told twice, and in any order: one object, however often announced, has one result. A message is taken
off the queue only after its objects were announced. Nothing is received while nobody can be told: a message that is handed
out too often would be put aside as one that nobody understands.
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

Announce = Callable[[str], None]  # of a uri; raises ServiceError when nobody took it

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 30.0  # at a watched folder without any news: not every file system tells
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Announcer:
    """Whom the news goes to, and whether anybody is there to hear it (`check_open` raises ServiceError when not)."""

    announce: Announce
    check_open: Callable[[], None]


def announce_queued_files(lake: Lake, queue: MessageQueue, hearing: Announcer) -> None:
    """Nothing; one question to the queue was asked, and what it told was announced.

    A message that nobody understands stays where it is: the queue's redrive policy puts it aside when it has come too often.

    Raises:
        InputError: there is no such queue.
        ServiceError: the queue is away, or nobody is there to be told.
    """
    hearing.check_open()
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
            _announce(hearing, uri)
        queue.delete(message)


def _read_uris(lake: Lake, message: QueuedMessage) -> tuple[str, ...]:
    """The files of the inbox that the message tells of; other objects of the bucket are nobody's business here."""
    return tuple(
        created.uri
        for created in read_notification(message.body)
        if find_incoming_key(lake, created.uri) is not None
    )


@dataclass(slots=True)
class InboxWatch:
    """What waits in the inbox, looked at again and again: each content is announced once by one watch."""

    lake: Lake
    hearing: Announcer
    clock: Callable[[], dt.datetime]
    _announced: dict[str, str] = field(default_factory=dict)  # key → token

    def look(self) -> bool:
        """True when a file is still being written; the others have been announced, those that lay there from the start too.

        Raises:
            ServiceError: the lake is away, or nobody is there to be told.
        """
        waiting = [stored for stored in list_incoming(self.lake) if has_valid_key(stored)]
        self._announced = {
            one.key: one.token for one in waiting if self._announced.get(one.key) == one.token
        }
        unsettled = False
        for stored in waiting:
            if stored.key in self._announced:
                continue
            if not has_settled(self.lake, stored, now=self.clock()):
                unsettled = True
                continue
            _announce(self.hearing, build_incoming_uri(self.lake, stored))
            self._announced[stored.key] = stored.token
        return unsettled


def watch_inbox(
    watch: InboxWatch, open_changes: Callable[[], Iterator[bool]]
) -> Callable[[], None]:
    """An act that waits for news of a watched folder (`adapters.watching`) and looks at the inbox when there is any.

    It looks when first called too, and as long as a file is still being written. Raises as `InboxWatch.look`.
    """
    changes: Iterator[bool] = iter(())
    look_at = 0.0

    def act() -> None:
        nonlocal changes, look_at
        changed = next(changes, None)
        if (
            changed is None
        ):  # not watched yet, or no longer: what came before the watch began is looked for
            changes, changed = open_changes(), True
            next(changes)
        if changed or time.monotonic() >= look_at:
            look_at = 0.0  # should the look fail, the next one is due at once
            unsettled = watch.look()
            look_at = 0.0 if unsettled else time.monotonic() + _LOOK_AGAIN_SECONDS

    return act


def repeat_with_backoff(
    act: Callable[[], None], *, longest_wait_seconds: float, until: float | None = None
) -> None:
    """Nothing; `act` was done again and again, until that moment of the monotonic clock, or for ever.

    When a service is away, the next try waits, twice as long each time.
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


def _announce(hearing: Announcer, uri: str) -> None:
    hearing.announce(uri)
    _LOG.info("announced %s", escape_unprintable(uri))
