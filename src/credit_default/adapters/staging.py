"""How anything gets onto the disk: whole, or not at all.

Folders and files are made beside their place under a name that nobody reads, then renamed into it. A crash leaves the old
state or the new one, and at worst a hidden `.staging-…` neighbour. A disk's complaints become `ServiceError` here.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_default.errors import ServiceError

STAGING_PREFIX = ".staging-"


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """A block in which an `OSError` becomes a `ServiceError` about `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServiceError(
            f"folder lake at {path}",
            found=f"{reason} ({error.filename or path})",
            expected="a folder that can be read and written, with room left",
            remedy="Free some space or mend the permissions, then run the same command again: nothing was left half done.",
        ) from error


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """An empty folder that becomes `target` when the block ends well and vanishes when it does not.

    When `target` is there already at the end (another runner was faster), theirs stays and ours vanishes: use it for
    folders that are named by their content.
    """
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=target.parent))
    try:
        yield folder
        with disk_errors(target):
            _place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(folder: Path, target: Path) -> None:
    folder.chmod(0o755)  # mkdtemp makes it for our eyes only; a lake is shared
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def write_whole(target: Path, content: bytes) -> None:
    """None; `target` holds `content`, or what it held before when the disk refuses (`ServiceError`)."""
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=STAGING_PREFIX, dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
