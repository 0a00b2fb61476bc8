"""Write files and folders to disk atomically: whole, or not at all.

Each is written beside its target under a hidden name that no reader opens, then renamed. A crash leaves the old
state or the new one, and at worst a hidden `.staging-…` neighbour. The disk's errors become `ServiceError` here.
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
    """Turn an `OSError` in the block into a `ServiceError` about `path`; `thing` names what is there."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ServiceError(
            f"{thing} {path}",
            found=f"{reason} ({error.filename or path})",
            expected="a folder that can be read and written, with room left",
            remedy="Free some space or correct the permissions, then run the same command again:"
            " nothing was left half done.",
        ) from error


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder, which becomes `target` when the block ends well and is removed when it raises.

    If `target` exists by then (another run was faster), it stays and the new folder is removed. So use this only for
    folders that are named by their content.

    Raises:
        ServiceError: The disk cannot be read or written.
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
    folder.chmod(0o755)  # mkdtemp makes it readable for its owner only; a lake is shared
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def write_atomically(
    target: Path, content: bytes | Path, *, thing: str = "folder lake at", mode: int = 0o644
) -> None:
    """Write `content` to `target` in one step, replacing what was there.

    Args:
        target: The file to write; its folder is made when it is absent.
        content: The bytes, or the path of a file to copy.
        thing: What an error calls the place that the target is in.
        mode: Who may read and write it.

    Raises:
        ServiceError: The disk cannot be written; `target` then holds what it held before.
    """
    with disk_errors(target, thing=thing), _staged_file(target, content, mode=mode) as staged:
        hit_failpoint("write.staged")
        staged.replace(target)
        sync_folder(target.parent)


def create_atomically(target: Path, content: bytes | Path) -> bool:
    """Write `content` to `target` in one step, unless something is there already, which then stays as it was.

    Args:
        target: The file to create; its folder is made when it is absent.
        content: The bytes, or the path of a file to copy.

    Returns:
        True when this call created the file. Of several that try at once, exactly one gets True.

    Raises:
        ServiceError: The disk cannot be written; `target` is then not there.
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
    """Flush the folder to disk, so that names made and removed in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _staged_file(target: Path, content: bytes | Path, *, mode: int = 0o644) -> Iterator[Path]:
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
        staged.chmod(mode)
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def _link_into_place(staged: Path, target: Path) -> bool:
    try:
        os.link(staged, target)  # the only call that makes a whole file and never replaces another
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_HARD_LINK_ERRNOS:
            raise
        return _rename_under_lock(staged, target)
    return True


def _rename_under_lock(staged: Path, target: Path) -> bool:
    """Do the same on a file system without hard links, under a lock that is released when its process ends."""
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.path.lexists(target):
            return False
        staged.rename(target)
        return True
    finally:
        os.close(descriptor)
