"""How anything gets onto the disk: whole, or not at all.

Folders and files are made beside their place under a name that nobody reads, then renamed into it. A crash leaves the old
state or the new one, and at worst a hidden `.staging-…` neighbour. A disk's complaints become `ServiceError` here.
"""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint

_COPY_BYTES = 1024 * 1024
NO_HARD_LINK_ERRNOS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@contextmanager
def disk_errors(path: Path, *, thing: str = "folder lake at") -> Iterator[None]:
    """A block in which an `OSError` becomes a `ServiceError` about `path`, which `thing` names."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServiceError(
            f"{thing} {path}",
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
        folder = Path(tempfile.mkdtemp(prefix=build_marked_prefix("staging"), dir=target.parent))
    try:
        yield folder
        with disk_errors(target):
            _move_into_place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(folder: Path, target: Path) -> None:
    folder.chmod(0o755)  # mkdtemp makes it for our eyes only; a lake is shared
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def write_atomically(target: Path, content: bytes | Path) -> None:
    """None; `target` holds `content` (a file's, if it is a path), or what it held before when the disk refuses.

    Raises: `ServiceError` when it does.
    """
    with disk_errors(target), _staged_file(target, content) as staged:
        hit_failpoint("write.staged")
        staged.replace(target)
        sync_folder(target.parent)


def create_atomically(target: Path, content: bytes | Path) -> bool:
    """True when this call made `target`, with `content` in it; False when something was there, which stays as it was.

    Raises: `ServiceError` when the disk refuses; then `target` is not there.
    """
    with disk_errors(target):
        if os.path.lexists(target):
            return False
        with _staged_file(target, content) as staged:
            hit_failpoint("create.staged")
            made = _link_into_place(staged, target)
            sync_folder(target.parent)
            return made


def sync_folder(folder: Path) -> None:
    """None; names made and removed in the folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _staged_file(target: Path, content: bytes | Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=build_marked_prefix("staging"), dir=target.parent)
    staged = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _COPY_BYTES)
            file.flush()
            os.fsync(file.fileno())
        staged.chmod(0o644)
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def _link_into_place(staged: Path, target: Path) -> bool:
    try:
        os.link(staged, target)  # the one step that makes a whole file and never replaces another
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_HARD_LINK_ERRNOS:
            raise
        return _rename_under_lock(staged, target)
    return True


def _rename_under_lock(staged: Path, target: Path) -> bool:
    """The same where the file system knows no hard links: runners take turns by a lock that ends with its holder."""
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.lexists(target):
            return False
        staged.rename(target)
        return True
    finally:
        os.close(descriptor)
