"""The inbox: statements wait in `incoming/`; scored ones go to `processed/`, refused ones to `refused/` with the reason.

A file is moved only after its result is committed, and only as it was read: what was written under its name since then
stays in `incoming/` and waits for its own turn.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from credit_default.adapters.lake import Lake, check_hex
from credit_default.adapters.storage import StoredObject, check_key
from credit_default.errors import InputError
from credit_default.failpoints import reach

INCOMING, PROCESSED, REFUSED = "incoming/", "processed/", "refused/"


def list_incoming(lake: Lake) -> tuple[StoredObject, ...]:
    """The files that wait, the oldest first; hidden ones and those in folders of their own are left alone."""
    waiting = (stored for stored in lake.storage.list_objects(INCOMING) if stored.key.count("/") == 1)
    return tuple(sorted(waiting, key=lambda stored: (stored.modified_at, stored.key)))


def name_incoming(lake: Lake, stored: StoredObject) -> str:
    """How a person would name the waiting file: its path, or `s3://bucket/key`."""
    return f"{lake.uri}/{stored.key}"


def has_fit_name(stored: StoredObject) -> bool:
    """Whether the file's name can be a key at all; one that can't stays where it is until a person renames it."""
    try:
        check_key(stored.key)
    except InputError:
        return False
    return True


def move_processed(lake: Lake, stored: StoredObject, *, batch_id: str) -> str | None:
    """The key under which the scored file stands now, or None when it was written anew meanwhile and stays."""
    return _move(lake, stored, f"{PROCESSED}{check_hex(batch_id, 'batch_id')}-{_name(stored)}")


def move_refused(lake: Lake, stored: StoredObject, *, reason: Mapping[str, str]) -> str | None:
    """The key under which the refused file stands now, its reason beside it; None when it was written anew meanwhile.

    Two files that came under one name do not replace one another.
    """
    seen = hashlib.sha256(f"{stored.key} {stored.token}".encode()).hexdigest()
    key = f"{REFUSED}{seen[:16]}-{_name(stored)}"
    lake.storage.write_object(f"{key}.reason.json", json.dumps(dict(reason), indent=2).encode())
    reach("inbox.reason-written")
    return _move(lake, stored, key)


def _move(lake: Lake, stored: StoredObject, key: str) -> str | None:
    return key if lake.storage.move_object(stored, key) else None


def _name(stored: StoredObject) -> str:
    return PurePosixPath(stored.key).name
