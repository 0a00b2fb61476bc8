"""Watch a folder for changes through the operating system's notifications, by watchfiles.

The listener uses it for the inbox of a folder lake; a bucket reports new files through a queue (`sqs`, `s3_events`).
"""

from collections.abc import Iterator
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors

_TICK_MILLISECONDS = 1_000


def watch_folder(folder: Path) -> Iterator[bool]:
    """Yield True when something in the folder has changed, and False after each second without a change, without end.

    Args:
        folder: What is watched; it is created when it does not exist. Folders inside it are not watched.

    Raises:
        ServiceError: The folder cannot be created or watched.
    """
    from watchfiles import watch

    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for changes in watch(
            folder,
            watch_filter=None,
            debounce=200,
            rust_timeout=_TICK_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=True,
            recursive=False,
        ):
            yield bool(changes)
