"""List and move the files of the inbox: they wait in `incoming/` and go to `processed/` or, with the reason, to `refused/`.

A folder of part files is one file here, once the job that writes it has put `_SUCCESS` into it, and is moved as a whole.

A file is moved only after its result is committed, and only as it was read: new content that was written under its name
since then stays in `incoming/` and waits for the next run. Several processes may work on one inbox: the slower one
finds nothing to do.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from credit_default.adapters.files.part_folders import DONE_MARK
from credit_default.adapters.host.atomic_files import disk_errors, sync_folder
from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.storage.port import StoredObject, check_key
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint

_FOLDER_PREFIX = "folder-"
INCOMING, PROCESSED, REFUSED = "incoming/", "processed/", "refused/"
# With a digest before it and ".reason.json" behind it, a name stays below the 255 bytes of a file system.
_LONGEST_NAME_BYTES = 200
_LONGEST_ENDING_BYTES = 16


@dataclass(frozen=True, slots=True)
class SettlingPolicy:
    """How long a file in a folder must have been unchanged to count as whole; one that is being copied changes all the time."""

    quiet_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Inbox:
    """What is in `incoming/`: the files and complete folders that wait, oldest first, and the names of the other folders."""

    waiting: tuple[StoredObject, ...]
    unfinished: tuple[str, ...]


def read_inbox(lake: Lake) -> Inbox:
    """Return what is in `incoming/` now; a `_SUCCESS` that lies there by itself is left out."""
    files: list[StoredObject] = []
    folders: dict[str, list[StoredObject]] = {}
    for stored in lake.storage.list_objects(INCOMING):
        name, is_below, _ = stored.key.removeprefix(INCOMING).partition("/")
        if is_below:
            folders.setdefault(name, []).append(stored)
        elif name != DONE_MARK:
            files.append(stored)
    complete = {name: _join_parts(name, parts) for name, parts in folders.items()}
    files += [folder for folder in complete.values() if folder is not None]
    waiting = sorted(files, key=lambda stored: (stored.modified_at, stored.key))
    return Inbox(tuple(waiting), tuple(name for name, one in complete.items() if one is None))


def list_incoming(lake: Lake) -> tuple[StoredObject, ...]:
    """Return the files and complete folders that wait, oldest first."""
    return read_inbox(lake).waiting


def _join_parts(name: str, parts: list[StoredObject]) -> StoredObject | None:
    """Return the folder as one object, whose token changes with each of its parts; None where it is not complete."""
    if f"{INCOMING}{name}/{DONE_MARK}" not in {part.key for part in parts}:
        return None
    tokens = "\n".join(f"{part.key} {part.token}" for part in parts)
    return StoredObject(
        f"{INCOMING}{name}",
        sum(part.byte_count for part in parts),
        _FOLDER_PREFIX + hashlib.sha256(tokens.encode()).hexdigest(),
        max(part.modified_at for part in parts),
    )


def create_incoming(lake: Lake, name: str, content: Path) -> bool:
    """Put a file into `incoming/` under this name, whole and in one step, unless one of that name waits there.

    Returns:
        True when this call put it there; False when a file of that name waits, which stays as it was.

    Raises:
        InputError: The name is none that `choose_incoming_name` gives.
    """
    if name != choose_incoming_name(name):
        raise InputError(
            f"file {name[:80]!a}",
            found="a name that incoming/ does not take",
            expected="a plain file's name",
            remedy="Rename the file.",
        )
    return lake.storage.create_object(f"{INCOMING}{name}", content)


def choose_incoming_name(sent_as: str) -> str:
    """Return the name under which a file that was sent as this one may wait in `incoming/`.

    Folders before it are left out, and so are characters that do not print and dots at its beginning,
    which would hide it. A very long name keeps its ending.

    Raises:
        InputError: Nothing is left of it, or it is the mark of a complete folder.
    """
    last = sent_as.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable() and letter != "\ufffd")
    name = _cut_name(" ".join(plain.split()).lstrip(". ")).rstrip()
    if not name or name == DONE_MARK:
        raise InputError(
            "the file's name",
            found=ascii(sent_as[:80]) if sent_as else "none",
            expected="a name with letters or digits, such as 2005-10.csv",
            remedy="Rename the file, and send it again.",
        )
    return name


def build_incoming_uri(lake: Lake, stored: StoredObject) -> str:
    """Return the waiting file's path or `s3://bucket/key`, as a person would name it."""
    return f"{lake.uri}/{stored.key}"


def find_incoming_key(lake: Lake, uri: str) -> str | None:
    """Return the key of the file that `uri` names; None when that is not a file directly in the inbox, or a hidden one.

    The mark that a folder is complete stands for the folder.
    """
    root = f"{lake.uri}/{INCOMING}"
    named = uri if lake.in_bucket else str(resolve_file(uri, thing="file"))
    name = named.removeprefix(root).removesuffix(f"/{DONE_MARK}").removesuffix("/")
    return (
        f"{INCOMING}{name}"
        if named.startswith(root) and "/" not in name and not name.startswith(".")
        else None
    )


def has_valid_key(stored: StoredObject) -> bool:
    """Return whether the lake can store the file's name as a key; if not, the file stays until a person renames it."""
    try:
        check_key(stored.key)
    except InputError:
        return False
    return True


def refresh_incoming(lake: Lake, stored: StoredObject) -> StoredObject | None:
    """Return the waiting file as it is now; None when it is gone because another run took it."""
    return find_incoming(lake, stored.key)


def find_incoming(lake: Lake, key: str) -> StoredObject | None:
    """Return the waiting file or complete folder of that key; None where there is none."""
    found = lake.storage.find_object(key)
    if found is not None:
        return found
    parts = list(lake.storage.list_objects(f"{key}/"))
    return _join_parts(key.removeprefix(INCOMING), parts)


def has_settled(
    lake: Lake, stored: StoredObject, *, now: dt.datetime, policy: SettlingPolicy = SettlingPolicy()
) -> bool:
    """Return whether the file has been unchanged long enough to be whole; an object in a bucket always is.

    A time in the future counts like one in the past: a clock is wrong, or the file kept the time of its original, and it
    must not wait for years.
    """
    return lake.in_bucket or abs((now - stored.modified_at).total_seconds()) >= policy.quiet_seconds


def move_processed(lake: Lake, stored: StoredObject, *, batch_id: str) -> str | None:
    """Move the scored file to `processed/` and return its new key.

    Returns:
        None when the file is gone, or was written again in the meantime and so stays.
    """
    key = f"{PROCESSED}{check_hex(batch_id, 'batch_id')}-{_shorten_name(stored)}"
    return key if _move(lake, stored, key) else None


def move_refused(lake: Lake, stored: StoredObject, *, reason: Mapping[str, str]) -> str | None:
    """Move the refused file to `refused/` with its reason beside it, and return its new key.

    Two files that came under one name do not replace one another.

    Returns:
        None when the file was written again in the meantime and so stays, or is gone, perhaps moved by another run. That
        run's reason is then the right one: no reason is left here for a file that is not there.
    """
    content = hashlib.sha256(f"{stored.key} {stored.token}".encode()).hexdigest()
    key = f"{REFUSED}{content[:16]}-{_shorten_name(stored)}"
    now = refresh_incoming(lake, stored)
    if now is None or now.token != stored.token:
        return None
    # The reason first: a crash before the move leaves the file where the next run finds it, and completes both.
    lake.storage.write_object(f"{key}.reason.json", json.dumps(dict(reason), indent=2).encode())
    hit_failpoint("inbox.reason-written")
    if _move(lake, stored, key):
        return key
    if lake.storage.find_object(key) is None:
        lake.storage.delete_object(f"{key}.reason.json")
    return None


def _move(lake: Lake, stored: StoredObject, key: str) -> bool:
    """Move a waiting file or folder, as it was when it was found; False when it is gone or was written again."""
    if not stored.token.startswith(_FOLDER_PREFIX):
        return lake.storage.move_object(stored, key)
    now = find_incoming(lake, stored.key)
    if now is None or now.token != stored.token:
        return False
    if not lake.in_bucket:
        source, target = Path(lake.uri, stored.key), Path(lake.uri, key)
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another runner moved it too
                source.rename(target)
                sync_folder(target.parent)
        return target.is_dir()
    # The mark first: what a crash leaves behind is no complete folder, and is not scored as one.
    parts = sorted(
        lake.storage.list_objects(f"{stored.key}/"),
        key=lambda part: (not part.key.endswith(f"/{DONE_MARK}"), part.key),
    )
    moved = [
        lake.storage.move_object(part, key + part.key.removeprefix(stored.key)) for part in parts
    ]
    return all(moved)


def _shorten_name(stored: StoredObject) -> str:
    return _cut_name(PurePosixPath(stored.key).name)


def _cut_name(name: str) -> str:
    """Return the file's name; a very long one is cut and keeps its ending."""
    if len(name.encode()) <= _LONGEST_NAME_BYTES:
        return name
    ending = PurePosixPath(name).suffix.encode()
    ending = ending if len(ending) <= _LONGEST_ENDING_BYTES else b""
    stem = name.encode()[: _LONGEST_NAME_BYTES - len(ending)]
    return stem.decode(errors="ignore") + ending.decode()
