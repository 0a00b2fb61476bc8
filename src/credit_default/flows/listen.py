"""Listen for new files and announce them to the Prefect server.

The process `credit-default listen` calls `listen_for_files`; the flow `listen` does the same for an hour at a time, as a
deployment in place of a process. How files are found depends on the lake: a folder is watched, a bucket is polled or
its queue is read.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.adapters.lake.inbox import INCOMING
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.messaging.folder_watch import watch_folder
from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import InputError
from credit_default.flows.events.send import announce_inbox, announce_object, check_server
from credit_default.flows.runs.context import read_clock
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.run_log import start_run_log
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


@build_flow("listen")
def listen(
    overrides: dict[str, Any] | None = None, config: list[str] | None = None, seconds: float = 3_300
) -> State[Summary]:
    """Announce new files for so many seconds; the next run goes on where this one ended.

    Returns:
        A completed run named `Listened`, with its summary.
    """
    settings = load_settings(overrides or {}, config_files=config or []).settings
    start_run_log(settings.logging)
    listen_for_files(settings, seconds=float(seconds))
    summary = Summary("listen", f"listened for {float(seconds):.0f} s")
    return Completed(name="Listened", data=summary)


def listen_for_files(settings: Settings, *, seconds: float | None = None) -> None:
    """Announce new files.

    Args:
        settings: The settings in force.
        seconds: For how long; None means until the process is ended.

    Raises:
        InputError: There is no such queue, or a queue is named although the lake is a folder.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as opened:
        step = _choose_listening_step(settings, opened)
        repeat_with_backoff(
            step, longest_wait_seconds=settings.listen.longest_wait_seconds, until=until
        )


def _choose_listening_step(settings: Settings, opened: ExitStack) -> Callable[[], None]:
    """Return the step that is repeated; `opened` closes the connections that it needs."""
    lake = open_lake(settings.lake, home=Path(settings.home))
    announcer = Announcer(announce_object, lambda: announce_inbox(lake.uri), check_server)
    source = settings.listen.queue_url or f"{lake.uri}/{INCOMING}"
    _LOG.info("listening for new files source=%s", source)
    if settings.listen.queue_url:
        _require_bucket_lake(lake)
        queue = opened.enter_context(closing(MessageQueue(settings.listen.queue_url)))
        return lambda: announce_queued_files(lake, queue, announcer)
    watch = InboxWatch(lake, announcer, read_clock)
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
            remedy="Unset it: a folder is watched and needs no queue.",
        )


if __name__ == "__main__":
    run_as_script(listen)
