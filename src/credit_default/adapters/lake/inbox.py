"""List and move the files of the inbox: they wait in `incoming/` and go to `processed/` or, with the reason, to `refused/`.

A file is moved only after its result is committed, and only as it was read: new content that was written under its name
since then stays in `incoming/` and waits for the next run. Several processes may work on one inbox: the slower one
finds nothing to do.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.storage.port import StoredObject, check_key
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint

INCOMING, PROCESSED, REFUSED = "incoming/", "processed/", "refused/"
# With a digest before it and ".reason.json" behind it, a name stays below the 255 bytes of a file system.
_LONGEST_NAME_BYTES = 200
_LONGEST_ENDING_BYTES = 16


@dataclass(frozen=True, slots=True)
class SettlingPolicy:
    """How long a file in a folder must have been unchanged to count as whole; one that is being copied changes all the time."""

    quiet_seconds: float = 2.0


def list_incoming(lake: Lake) -> tuple[StoredObject, ...]:
    """Return the files that wait, oldest first; those in folders below `incoming/` are left out."""
    waiting = (
        stored for stored in lake.storage.list_objects(INCOMING) if stored.key.count("/") == 1
    )
    return tuple(sorted(waiting, key=lambda stored: (stored.modified_at, stored.key)))


def build_incoming_uri(lake: Lake, stored: StoredObject) -> str:
    """Return the waiting file's path or `s3://bucket/key`, as a person would name it."""
    return f"{lake.uri}/{stored.key}"


def find_incoming_key(lake: Lake, uri: str) -> str | None:
    """Return the key of the file that `uri` names; None when that is not a file directly in the inbox, or a hidden one."""
    root = f"{lake.uri}/{INCOMING}"
    named = uri if lake.in_bucket else str(resolve_file(uri, thing="file"))
    name = named.removeprefix(root)
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
    return lake.storage.find_object(stored.key)


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
    return key if lake.storage.move_object(stored, key) else None


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
    if lake.storage.move_object(stored, key):
        return key
    if lake.storage.find_object(key) is None:
        lake.storage.delete_object(f"{key}.reason.json")
    return None


def _shorten_name(stored: StoredObject) -> str:
    """Return the file's name; a very long one is cut and keeps its ending."""
    name = PurePosixPath(stored.key).name
    if len(name.encode()) <= _LONGEST_NAME_BYTES:
        return name
    ending = PurePosixPath(name).suffix.encode()
    ending = ending if len(ending) <= _LONGEST_ENDING_BYTES else b""
    stem = name.encode()[: _LONGEST_NAME_BYTES - len(ending)]
    return stem.decode(errors="ignore") + ending.decode()
