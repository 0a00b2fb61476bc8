"""A folder watched: the operating system tells that something in it has changed, by watchfiles."""

from collections.abc import Iterator
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors

_TICK_MILLISECONDS = 1_000


def watch_folder(folder: Path) -> Iterator[bool]:
    """True when something in the folder has changed, False after each second in which nothing has; it never ends by itself.

    The folder is made when it is absent. Folders below it are not watched.

    Raises:
        ServiceError: the disk refuses.
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
