"""Fetch all objects below a prefix as a folder on this machine's disk, as they were at one moment."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.storage.port import Storage, StoredObject
from credit_default.errors import InputError


def fetch_objects_below(storage: Storage, key: str, scratch: Path) -> Path | None:
    """Return a folder with the name of `key` that holds the objects below it, or None where there are none.

    Objects with a part that begins with "_" are marks for programs: they become empty files, and are not transferred.

    Args:
        storage: Where the objects are.
        key: The prefix, without a slash at its end.
        scratch: The folder below which a new one is made; it is the caller's to remove.

    Raises:
        InputError: The objects were written to while they were fetched.
        ServiceError: The bucket cannot be reached, or refuses.
    """
    found = list(storage.list_objects(f"{key}/"))
    if not found:
        return None
    with disk_errors(scratch, thing="scratch folder"):
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="fetched-", dir=scratch), key.rpartition("/")[2])
        for stored in found:
            name = stored.key.removeprefix(f"{key}/")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if any(part.startswith("_") for part in name.split("/")):
                target.touch()
            else:
                _fetch(storage, stored, target=target, scratch=scratch)
    if _list_tokens(iter(found)) != _list_tokens(storage.list_objects(f"{key}/")):
        raise _build_changed_error(f"{storage.uri}/{key}")
    return folder


def _fetch(storage: Storage, stored: StoredObject, *, target: Path, scratch: Path) -> None:
    fetched = storage.fetch_object(stored.key, scratch)
    if fetched is None:
        raise _build_changed_error(f"{storage.uri}/{stored.key}")
    if fetched.path.is_relative_to(scratch):
        fetched.path.replace(target)
        fetched.path.parent.rmdir()
    else:  # the file itself, of a storage that is a folder
        shutil.copyfile(fetched.path, target)


def _list_tokens(objects: Iterator[StoredObject]) -> dict[str, str]:
    return {stored.key: stored.token for stored in objects}


def _build_changed_error(uri: str) -> InputError:
    return InputError(
        uri,
        found="objects that were written while they were fetched",
        expected="a folder that nobody writes to",
        remedy="Wait until the job that writes it is done, then run again.",
    )
