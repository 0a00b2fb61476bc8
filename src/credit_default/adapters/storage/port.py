"""The storage port: what the lake asks of the place where its files stand, a folder or a bucket.

Objects are named by keys: parts joined by "/", below the storage's own root. `folder_storage` and `s3_storage` keep the
same promises, held by one set of tests. Tables are not written through here: deltalake reaches them by uri and options.
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
_INVALID_KEY_CHARACTER = re.compile(
    r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]"
)  # surrogates: a file name that is not UTF-8


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was seen once. `token` changes whenever its content is written anew."""

    key: str
    byte_count: int
    token: str  # the ETag, or what the file system knows of the file
    modified_at: dt.datetime  # UTC
    version: str | None = None  # where the store keeps versions


@dataclass(frozen=True, slots=True)
class FetchedObject:
    """An object's content on this machine's disk: the object itself in a folder, a verified copy of one in a bucket."""

    path: Path
    stored: StoredObject


class Storage(Protocol):
    """A place for objects. Every method raises `ServiceError` when the place can't be reached or refuses."""

    @property
    def uri(self) -> str:
        """The root: an absolute path, or `s3://bucket/prefix`; no slash at its end."""

    def options(self) -> Mapping[str, str]:
        """What deltalake and Polars must be told to reach `uri`, with credentials that are good now; empty for a folder."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with `prefix`, by key; those that are hidden (a part begins with ".") are left out."""

    def find_object(self, key: str) -> StoredObject | None:
        """The object, or None where there is none."""

    def read_object(self, key: str) -> bytes | None:
        """The object's content, whole and as it was written, or None where there is none. For small objects."""

    def fetch_object(self, key: str, scratch: Path) -> FetchedObject | None:
        """The object's content as a file of the same name, below `scratch` if it had to be copied; None where there is none."""

    def create_object(self, key: str, content: bytes | Path) -> bool:
        """True when this call made the object, whole and in one step; False when one was there, which stays as it was.

        A reply that is lost after the store has done its work counts as done: the answer is still True.
        """

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Nothing; the object holds `content`, in place of what it held, whole or not at all. The last writer wins."""

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """True when the object, as it was seen, now stands under `key` and no longer where it was; moving twice is no error.

        False when its content has been written anew since: then the new content stays where it is, and nothing is lost.
        """

    def delete_object(self, key: str) -> None:
        """Nothing; there is no object under `key`, whether or not there was."""


def check_key(key: str) -> str:
    """The key itself, once it is known to name a place below the root and nothing else.

    Raises:
        InputError: It is empty or too long, has an empty part, "." or "..", a backslash or a control character, or is no UTF-8.
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
