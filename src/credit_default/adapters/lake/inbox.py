"""The inbox: statements wait in `incoming/`; scored ones go to `processed/`, refused ones to `refused/` with the reason.

A file is moved only after its result is committed, and only as it was read: what was written under its name since then
stays in `incoming/` and waits for its own turn. Several runners may empty one inbox: who comes late finds nothing to do.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.storage.port import StoredObject, check_key
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint

INCOMING, PROCESSED, REFUSED = "incoming/", "processed/", "refused/"
_LONGEST_NAME_BYTES = (
    200  # with a digest before it and ".reason.json" behind it, below the 255 of a file system
)
_LONGEST_ENDING_BYTES = 16


@dataclass(frozen=True, slots=True)
class SettlingPolicy:
    """How long a file in a folder is left alone before it counts as whole: a copy that is under way is written all the time."""

    quiet_seconds: float = 2.0


def list_incoming(lake: Lake) -> tuple[StoredObject, ...]:
    """The files that wait, the oldest first; hidden ones and those in folders of their own are left alone."""
    waiting = (
        stored for stored in lake.storage.list_objects(INCOMING) if stored.key.count("/") == 1
    )
    return tuple(sorted(waiting, key=lambda stored: (stored.modified_at, stored.key)))


def build_incoming_uri(lake: Lake, stored: StoredObject) -> str:
    """How a person would name the waiting file: its path, or `s3://bucket/key`."""
    return f"{lake.uri}/{stored.key}"


def find_incoming_key(lake: Lake, uri: str) -> str | None:
    """The key of the file that `uri` names, when it is one that waits in the inbox; None when it stands anywhere else."""
    root = f"{lake.uri}/{INCOMING}"
    named = uri if lake.in_bucket else str(Path(uri).expanduser().absolute())
    name = named.removeprefix(root)
    return (
        f"{INCOMING}{name}"
        if named.startswith(root) and "/" not in name and not name.startswith(".")
        else None
    )


def has_valid_key(stored: StoredObject) -> bool:
    """Whether the file's name can be a key at all; one that can't stays where it is until a person renames it."""
    try:
        check_key(stored.key)
    except InputError:
        return False
    return True


def refresh_incoming(lake: Lake, stored: StoredObject) -> StoredObject | None:
    """The waiting file as it is at this moment, or None when it waits no longer: another runner took it."""
    return lake.storage.find_object(stored.key)


def has_settled(
    lake: Lake, stored: StoredObject, *, now: dt.datetime, policy: SettlingPolicy = SettlingPolicy()
) -> bool:
    """Whether the file has been left alone long enough; objects in a bucket appear whole, and always have.

    A time that lies as far in the future is a clock that is wrong or a file that kept its own: it must not wait for years.
    """
    return lake.in_bucket or abs((now - stored.modified_at).total_seconds()) >= policy.quiet_seconds


def move_processed(lake: Lake, stored: StoredObject, *, batch_id: str) -> str | None:
    """The key under which the scored file stands now, or None when it was written anew meanwhile and stays."""
    key = f"{PROCESSED}{check_hex(batch_id, 'batch_id')}-{_shorten_name(stored)}"
    return key if lake.storage.move_object(stored, key) else None


def move_refused(lake: Lake, stored: StoredObject, *, reason: Mapping[str, str]) -> str | None:
    """The key under which the refused file stands now, its reason beside it.

    None when it was written anew meanwhile or is gone, perhaps put away by another runner, whose reason is the right one:
    none is left for a file that is not there. Two files that came under one name do not replace one another.
    """
    seen = hashlib.sha256(f"{stored.key} {stored.token}".encode()).hexdigest()
    key = f"{REFUSED}{seen[:16]}-{_shorten_name(stored)}"
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
    """The file's name; a very long one is cut in its middle and keeps its ending."""
    name = PurePosixPath(stored.key).name
    if len(name.encode()) <= _LONGEST_NAME_BYTES:
        return name
    ending = PurePosixPath(name).suffix.encode()
    ending = ending if len(ending) <= _LONGEST_ENDING_BYTES else b""
    return (
        (name.encode()[: _LONGEST_NAME_BYTES - len(ending)]).decode(errors="ignore")
        + ending.decode()
    )
