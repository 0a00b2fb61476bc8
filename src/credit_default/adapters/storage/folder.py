"""The storage in a folder: objects are files below a root, and every write is whole or not at all.

The promises are those of `storage.Storage`. Links are not followed below the root: a file that somebody drops into the inbox
must not be able to show us another place of this machine. Hidden names are our own (staging) or nobody's.
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

_LATEST_TIMESTAMP = (
    253_402_300_799  # of the year 9999, where datetime ends; a file's time is anybody's claim
)


class FolderStorage:
    """Objects as files below `root`, which is made by the first write."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()

    @property
    def uri(self) -> str:
        """The root, an absolute path."""
        return str(self.root)

    def options(self) -> Mapping[str, str]:
        """Nothing: a folder needs no options."""
        return {}

    def close(self) -> None:
        """Nothing: there is no connection to close."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with `prefix`, by key; hidden ones and links are left out."""
        folder, _, _ = prefix.rpartition("/")
        start = self._path(folder) if folder else self.root
        if any(part.startswith(".") for part in folder.split("/")):
            return
        with disk_errors(self.root):
            found = [path for path in _iterate_files(start) if self._key(path).startswith(prefix)]
        for path in sorted(found, key=self._key):
            if (
                stored := self._look(self._key(path), path)
            ) is not None:  # None: moved away meanwhile
                yield stored

    def find_object(self, key: str) -> StoredObject | None:
        """The object, or None where there is no file of that name."""
        return self._look(key, self._path(key))

    def read_object(self, key: str) -> bytes | None:
        """The object's content, or None where there is none."""
        path = self._path(key)
        if self._look(key, path) is None:  # nothing, or a folder, or a pipe that would never end
            return None
        with disk_errors(path), suppress(FileNotFoundError):
            return path.read_bytes()
        return None

    def fetch_object(self, key: str, scratch: Path) -> FetchedObject | None:  # noqa: ARG002 - the port's; nothing is copied
        """The file itself, or None where there is none."""
        stored = self.find_object(key)
        return None if stored is None else FetchedObject(self._path(key), stored)

    def create_object(self, key: str, content: bytes | Path) -> bool:
        """True when this call made the file, whole; False when one was there, which stays as it was."""
        return create_atomically(self._path(key), content)

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Nothing; the file holds `content`, in place of what it held."""
        write_atomically(self._path(key), content)

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """True when the file, as it was seen, stands under `key` and no longer where it was.

        False when it was written anew since, or is in neither place.
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
        """Nothing; there is no file under `key`."""
        path = self._path(key)
        with disk_errors(path), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            sync_folder(path.parent)

    def _move(self, stored: StoredObject, source: Path, target: Path, folder: Path) -> bool:
        """Holds the content by a second name, so that what was looked at is what is moved."""
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
            if (
                leaving.stat().st_ino != inode
            ):  # written anew between the two steps: back it goes, unless a newer came
                with suppress(FileExistsError):
                    os.link(leaving, source)
            leaving.unlink()
        return True

    def _rename(self, stored: StoredObject, source: Path, target: Path) -> bool:
        """The same where the file system knows no hard links: the look and the rename are two steps, a hair apart."""
        seen = self._look(stored.key, source)
        if seen is not None and seen.token != stored.token:
            return False
        with suppress(FileNotFoundError):  # another runner moved it too
            source.replace(target)
            sync_folder(target.parent)
        return target.is_file()

    def _is_still(self, stored: StoredObject, path: Path) -> bool:
        seen = self._look(stored.key, path)
        return seen is not None and seen.token == stored.token

    def _look(self, key: str, path: Path) -> StoredObject | None:
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
                        expected="files and folders that stand below the lake's root themselves",
                        remedy="Put the file there in the link's place.",
                    )
        return path


def _iterate_files(start: Path) -> Iterator[Path]:
    """The files below `start` whose path from there is not hidden; a folder that vanishes meanwhile is no error."""

    def tell(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise error

    for folder, folders, names in os.walk(start, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _remove_staging_folder(folder: Path) -> None:
    (folder / "held").unlink(missing_ok=True)
    with suppress(OSError):  # not empty: it holds what could not be put back, and that is kept
        folder.rmdir()
