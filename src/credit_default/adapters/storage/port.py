"""The storage port: the operations that the lake needs from the place where its files are kept, a folder or a bucket.

Objects are named by keys: parts joined by "/", below the storage's own root. `folder` and `s3` give the same guarantees,
which one set of tests checks. Tables are not written through this port: deltalake reaches them by uri and options.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from credit_default.errors import InputError

_LONGEST_KEY_BYTES = 900  # S3 takes 1,024 with the prefix
_LONGEST_PART_BYTES = 255  # what a file system takes
# Control characters, backslashes, and surrogates, which Python uses for a file name that is not UTF-8.
_INVALID_KEY_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was at one moment.

    Attributes:
        key: Its name below the storage's root.
        byte_count: Its size.
        token: Changes whenever the content is written again: the ETag, or inode, time and size of a file.
        modified_at: When it was written, UTC.
        version: The version's id where the store keeps versions, else None.
    """

    key: str
    byte_count: int
    token: str
    modified_at: dt.datetime
    version: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedObject:
    """An object's content on this machine's disk: the file itself of a folder, a verified copy from a bucket."""

    path: Path
    stored: StoredObject


class Storage(Protocol):
    """A place for objects.

    Every method raises `ServiceError` when the place cannot be reached or refuses, and `InputError` for a key that
    `check_key` refuses.
    """

    @property
    def uri(self) -> str:
        """Return the root: an absolute path, or `s3://bucket/prefix`, without a slash at its end."""

    def options(self) -> Mapping[str, str]:
        """Return the options by which deltalake and Polars reach `uri`, with valid credentials; empty for a folder."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix`, by key; hidden ones (a part begins with ".") are left out."""

    def find_object(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""

    def read_object(self, key: str) -> bytes | None:
        """Return the object's content as it was written, or None where there is none. For small objects."""

    def fetch_object(self, key: str, scratch: Path) -> FetchedObject | None:
        """Return the object's content as a file of the same name, or None where there is none.

        Args:
            key: The object.
            scratch: The folder below which content is copied, where it has to be.
        """

    def create_object(self, key: str, content: bytes | Path) -> bool:
        """Create the object, whole and in one step, unless there is one.

        A reply that is lost after the store has done its work counts as done.

        Returns:
            True when this call created the object; False when one existed, which stays as it was.
        """

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Write the object, in place of what it held, whole or not at all. The last writer wins."""

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """Move the object, as it was when it was found, to `key`. Moving it again changes nothing.

        Returns:
            True when it is under `key` and no longer where it was. False when its content has been written again since:
            the new content then stays where it is, and nothing is lost.
        """

    def delete_object(self, key: str) -> None:
        """Delete the object; do nothing where there is none."""


def check_key(key: str) -> str:
    """Return the key, after checking that it names a place below the root.

    Raises:
        InputError: The key is empty or too long, has an empty part, "." or "..", a backslash or a control character, or is
            not UTF-8.
    """
    parts = key.split("/")
    if (
        _INVALID_KEY_CHARACTER.search(key)
        or {"", ".", ".."} & set(parts)
        or len(key.encode()) > _LONGEST_KEY_BYTES
        or max(len(part.encode()) for part in parts) > _LONGEST_PART_BYTES
    ):
        raise InputError(
            "key",
            found=ascii(key[:120]),
            expected="parts joined by /, none of them empty, . or .. or over 255 bytes",
            remedy="Rename the file.",
        )
    return key
