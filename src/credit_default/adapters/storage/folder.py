"""The storage in a folder: objects are files below a root, and every write is whole or not at all.

The guarantees are those of `port.Storage`. Links below the root are refused: a file that is put into the inbox must not
make another folder of this machine readable. Hidden names are never listed; the staging folders of `atomic_files` are
among them.
"""

import datetime as dt
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from credit_default.adapters.host.atomic_files import (
    NO_HARD_LINK_ERRNOS,
    create_atomically,
    disk_errors,
    sync_folder,
    write_atomically,
)
from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.adapters.storage.port import FetchedObject, StoredObject, check_key
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint

# The last second that datetime can hold: a file's time may be set to anything.
_LATEST_TIMESTAMP = 253_402_300_799


class FolderStorage:
    """Objects as files below `root`, an absolute path, which the first write creates."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def uri(self) -> str:
        """Return the root, an absolute path."""
        return str(self.root)

    def options(self) -> Mapping[str, str]:
        """Return no options: a folder needs none."""
        return {}

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix`, by key; hidden ones and links are left out."""
        folder, _, _ = prefix.rpartition("/")
        start = self._path(folder) if folder else self.root
        if any(part.startswith(".") for part in folder.split("/")):
            return
        with disk_errors(self.root):
            found = [path for path in _iterate_files(start) if self._key(path).startswith(prefix)]
        for path in sorted(found, key=self._key):
            stored = self._describe(self._key(path), path)
            if stored is not None:  # None: moved away meanwhile
                yield stored

    def find_object(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is no file of that name."""
        return self._describe(key, self._path(key))

    def read_object(self, key: str) -> bytes | None:
        """Return the object's content, or None where there is no file of that name."""
        path = self._path(key)
        if self._describe(key, path) is None:  # nothing, a folder, or a pipe that would never end
            return None
        with disk_errors(path), suppress(FileNotFoundError):
            return path.read_bytes()
        return None

    def fetch_object(self, key: str, scratch: Path) -> FetchedObject | None:  # noqa: ARG002 - the port's; nothing is copied
        """Return the file itself, or None where there is none."""
        stored = self.find_object(key)
        return None if stored is None else FetchedObject(self._path(key), stored)

    def create_object(self, key: str, content: bytes | Path) -> bool:
        """Create the file, whole, unless there is one.

        Returns:
            True when this call created the file; False when one existed, which stays as it was.
        """
        return create_atomically(self._path(key), content)

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Write the file, in place of what it held."""
        write_atomically(self._path(key), content)

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """Move the file, as it was when it was found, to `key`.

        Returns:
            True when it is under `key` and no longer where it was. False when it was written again since, or is in neither
            place.
        """
        source, target = self._path(stored.key), self._path(key)
        if source == target:
            return self._is_still(stored, source)
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            folder = Path(
                tempfile.mkdtemp(prefix=build_marked_prefix("staging"), dir=target.parent)
            )
            try:
                return self._move(stored, source, target, folder)
            finally:
                _remove_staging_folder(folder)

    def delete_object(self, key: str) -> None:
        """Delete the file; do nothing where there is none."""
        path = self._path(key)
        with disk_errors(path), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            sync_folder(path.parent)

    def _move(self, stored: StoredObject, source: Path, target: Path, folder: Path) -> bool:
        """Move the content by way of a second name for it, so that what was compared is what is moved."""
        held, leaving = folder / "held", folder / "leaving"
        try:
            os.link(source, held, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return target.is_file()
        except OSError as error:
            if error.errno not in NO_HARD_LINK_ERRNOS:
                raise
            return self._rename(stored, source, target)
        if not self._is_still(stored, held):
            return False
        inode = held.stat().st_ino
        held.replace(target)
        sync_folder(target.parent)
        hit_failpoint("move.copied")
        with suppress(FileNotFoundError):  # another runner moved it too
            source.rename(leaving)
            hit_failpoint("move.left")
            if leaving.stat().st_ino != inode:
                # Written again between the two steps: put it back, unless a newer file is there already.
                with suppress(FileExistsError):
                    os.link(leaving, source)
            leaving.unlink()
        return True

    def _rename(self, stored: StoredObject, source: Path, target: Path) -> bool:
        """Move the file where the file system has no hard links: comparing and renaming are two separate steps."""
        seen = self._describe(stored.key, source)
        if seen is not None and seen.token != stored.token:
            return False
        with suppress(FileNotFoundError):  # another runner moved it too
            source.replace(target)
            sync_folder(target.parent)
        return target.is_file()

    def _is_still(self, stored: StoredObject, path: Path) -> bool:
        seen = self._describe(stored.key, path)
        return seen is not None and seen.token == stored.token

    def _describe(self, key: str, path: Path) -> StoredObject | None:
        with disk_errors(path):
            try:
                state = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        if not stat.S_ISREG(state.st_mode):
            return None
        token = f"{state.st_ino:x}-{state.st_mtime_ns:x}-{state.st_size:x}"
        modified_at = dt.datetime.fromtimestamp(min(state.st_mtime, _LATEST_TIMESTAMP), dt.UTC)
        return StoredObject(key, state.st_size, token, modified_at)

    def _key(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _path(self, key: str) -> Path:
        path = self.root
        for part in check_key(key).split("/"):
            path /= part
            with disk_errors(path):
                if path.is_symlink():
                    raise InputError(
                        f"file {path}",
                        found="a link",
                        expected="files and folders that are in the lake themselves",
                        remedy="Replace the link by the file that it points to.",
                    )
        return path


def _iterate_files(start: Path) -> Iterator[Path]:
    """Yield the files below `start` whose path from there is not hidden; a folder that vanishes meanwhile is no error."""

    def raise_unless_gone(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise error

    for folder, folders, names in os.walk(start, onerror=raise_unless_gone):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _remove_staging_folder(folder: Path) -> None:
    (folder / "held").unlink(missing_ok=True)
    with suppress(OSError):  # not empty: it keeps a file that could not be put back
        folder.rmdir()
