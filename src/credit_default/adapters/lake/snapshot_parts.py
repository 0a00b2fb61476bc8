"""The files that hold a snapshot's rows: one, or several that a list in JSON names in the order of their rows.

Each is named by its content, so that writing it again, as a worker's retry does, changes nothing.
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from credit_default.adapters.storage.port import Storage, StoredObject

SNAPSHOTS: Final = "snapshots/"
RECORD: Final = "/snapshot.json"
_DIGIT_COUNT = 16
_LIST_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class SnapshotPart:
    """A Parquet file with some of a snapshot's rows."""

    key: str
    row_count: int


def store_rows(storage: Storage, path: Path, digest: str) -> str:
    """Store a file of rows of the snapshot `digest`, unless it is there already, and return its key."""
    with path.open("rb") as file:
        content = file_digest(file, "sha256").hexdigest()
    key = _build_key(digest, content, ".parquet")
    storage.create_object(key, path)
    return key


def store_part_list(storage: Storage, parts: Sequence[SnapshotPart], digest: str) -> str:
    """Store the list of a snapshot's parts, which are stored already, and return its key."""
    listed = [{"key": part.key, "row_count": part.row_count} for part in parts]
    content = json.dumps({"parts": listed}, indent=1).encode()
    key = _build_key(digest, sha256(content).hexdigest(), _LIST_ENDING)
    storage.create_object(key, content)
    return key


def read_part_list(
    storage: Storage, rows_key: str, digest: str, *, row_count: int
) -> tuple[SnapshotPart, ...] | None:
    """Return the files with the snapshot's rows, in their order; None where the list is gone or damaged.

    Args:
        storage: Where the snapshot is.
        rows_key: The key of its rows or of their list, as its record has it.
        digest: The snapshot's.
        row_count: How many rows the snapshot has.
    """
    if not rows_key.endswith(_LIST_ENDING):
        return (SnapshotPart(rows_key, row_count),)
    content = storage.read_object(rows_key)
    if content is None or rows_key != _build_key(digest, sha256(content).hexdigest(), _LIST_ENDING):
        return None
    return tuple(
        SnapshotPart(check_rows_key(part["key"], digest), int(part["row_count"]))
        for part in json.loads(content)["parts"]
    )


def remove_lost_rows(storage: Storage, *, before: dt.datetime) -> int:
    """Delete files of rows in folders without a record, all older than that time; return how many there were.

    Their run died before it completed the snapshot. No reader sees them, and no erasure does.
    """
    folders: dict[str, list[StoredObject]] = {}
    for stored in storage.list_objects(SNAPSHOTS):
        folders.setdefault(stored.key.rpartition("/")[0], []).append(stored)
    lost = [
        stored.key
        for folder, files in folders.items()
        if folder + RECORD not in {stored.key for stored in files}
        and all(stored.modified_at < before for stored in files)
        for stored in files
        if storage.find_object(folder + RECORD) is None  # completed meanwhile
    ]
    for key in lost:
        storage.delete_object(key)
    return len(lost)


def check_rows_key(key: str, digest: str) -> str:
    """Return the key, after checking that it is one of rows of this snapshot.

    Raises:
        ValueError: It is not.
    """
    if not re.fullmatch(rf"{SNAPSHOTS}{digest}/rows-[0-9a-f]{{16}}\.(parquet|json)", key):
        raise ValueError(f"rows_key {key[:80]!r}")
    return key


def _build_key(digest: str, content: str, ending: str) -> str:
    return f"{SNAPSHOTS}{digest}/rows-{content[:_DIGIT_COUNT]}{ending}"
