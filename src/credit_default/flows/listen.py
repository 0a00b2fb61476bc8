"""How new files are heard of, by what the lake is; and the flow `listen`, for those who want a deployment in place of a process."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.adapters.lake.inbox import INCOMING
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.messaging.folder_watch import watch_folder
from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import InputError
from credit_default.flows.events.send import announce_object, check_server
from credit_default.flows.runs.context import read_clock
from credit_default.flows.runs.orphaned_runs import mark_run
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.services.intake.file_events import (
    Announcer,
    InboxWatch,
    announce_queued_files,
    repeat_with_backoff,
    watch_inbox,
)
from credit_default.settings import Settings, load_settings
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


@flow(name="listen", validate_parameters=False, on_running=[mark_run])
def listen(
    overrides: dict[str, Any] | None = None, config: list[str] | None = None, seconds: float = 3_300
) -> State[Summary]:
    """A completed run, after so many seconds of listening; the next run goes on where this one ended."""
    listen_for_files(
        load_settings(overrides or {}, config_files=config or []).settings, seconds=float(seconds)
    )
    return Completed(
        name="Listened", data=Summary("listen", f"listened for {float(seconds):.0f} s")
    )


def listen_for_files(settings: Settings, *, seconds: float | None = None) -> None:
    """Nothing; announces new files for so many seconds, or until the process is ended.

    Raises:
        InputError: there is no such queue, or one is named for a lake in a folder.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as opened:
        act = _choose_listening_step(settings, opened)
        repeat_with_backoff(
            act, longest_wait_seconds=settings.listen.longest_wait_seconds, until=until
        )


def _choose_listening_step(settings: Settings, opened: ExitStack) -> Callable[[], None]:
    """What is done again and again; connections that it needs are left to `opened` to close."""
    lake = open_lake(settings.lake, home=Path(settings.home))
    hearing = Announcer(announce_object, check_server)
    heard_at = settings.listen.queue_url or f"{lake.uri}/{INCOMING}"
    _LOG.info("listening to %s", heard_at)
    if settings.listen.queue_url:
        _require_bucket_lake(lake)
        queue = opened.enter_context(closing(MessageQueue(settings.listen.queue_url)))
        return lambda: announce_queued_files(lake, queue, hearing)
    watch = InboxWatch(lake, hearing, read_clock)
    if lake.in_bucket:
        return lambda: _poll_inbox(watch, settings.listen.look_seconds)
    return watch_inbox(watch, lambda: watch_folder(lake.home / INCOMING))


def _poll_inbox(watch: InboxWatch, seconds: float) -> None:
    watch.check()
    time.sleep(seconds)


def _require_bucket_lake(lake: Lake) -> None:
    if not lake.in_bucket:
        raise InputError(
            "setting listen.queue_url",
            found=f"a queue, and the lake in a folder ({lake.uri})",
            expected="a queue only for a lake in a bucket",
            remedy="Unset it: a folder is watched, and needs no queue.",
        )


if __name__ == "__main__":
    run_as_script(listen)
