"""Fetch a file or a folder that a person or a schedule names, from a path or a bucket, so that it can be read from this machine's disk.

In a bucket a folder is a prefix: all parts below it are fetched, and marks such as `_SUCCESS` become empty files, so that the
copy is judged as a folder on the disk is.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.files.part_folders import (
    DONE_MARK,
    build_lone_part_error,
    is_part_name,
)
from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.lake.layout import is_bucket_uri
from credit_default.adapters.storage.folder_copies import fetch_objects_below
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.storage.port import Storage, check_key
from credit_default.adapters.storage.s3 import S3Storage
from credit_default.addresses import require_supported_proxy
from credit_default.errors import InputError
from credit_default.named_services import find_bucket_address
from credit_default.services.context.wiring import Wiring
from credit_default.settings import copy_environment

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it was given: where it can be read, the uri that named it, and its version where the store keeps versions."""

    path: Path
    uri: str
    object_version: str | None = None

    @property
    def name(self) -> str:
        """Return the name of the file or folder, without the folders above it."""
        return self.path.name or self.path.resolve().name


_open_fetched_files: dict[str, Arrival] = {}  # by uri, for as long as their block lasts


def fetch_file(wiring: Wiring, uri: str) -> Arrival:
    """Return the file or folder that `uri` names, a path or `s3://bucket/key`; what is in a bucket is fetched whole and verified.

    Raises:
        InputError: There is no such object and no folder of that name, the uri does not name one, or it names one part of a
            table in several parts.
        SetupError: The way to the bucket is a proxy that is not supported.
        ServiceError: The bucket cannot be reached, or refuses.
    """
    if not is_object_uri(uri):
        path = resolve_file(uri, thing="file")
        return Arrival(path, str(path))
    if uri in _open_fetched_files:
        return _open_fetched_files[uri]
    key = _parse_object_key(wiring, uri.removesuffix("/"))
    environment = copy_environment()
    require_supported_proxy("the bucket", find_bucket_address(environment), environment)
    with _open_bucket(wiring, uri) as storage:
        if not uri.endswith("/"):
            _require_whole_table(storage, key, uri=uri)
            fetched = storage.fetch_object(key, wiring.scratch)
            if fetched is not None:
                return Arrival(fetched.path, uri, fetched.stored.version)
        folder = fetch_objects_below(storage, key, wiring.scratch)
    if folder is None:
        raise InputError(
            uri,
            found="no such object, and none below it",
            expected="a file of statements, or a folder of parts",
            remedy="Check the bucket and the key.",
        )
    return Arrival(folder, uri)


def _require_whole_table(storage: Storage, key: str, *, uri: str) -> None:
    folder, _, name = key.rpartition("/")
    root = folder
    while "=" in root.rpartition("/")[2]:  # the mark is above the prefixes that give values
        root = root.rpartition("/")[0]
    if not is_part_name(name) or storage.find_object(f"{root}/{DONE_MARK}".lstrip("/")) is None:
        return
    prefix = f"{folder}/" if folder else ""
    names = [stored.key.removeprefix(prefix) for stored in storage.list_objects(prefix)]
    if (count := sum(is_part_name(other) for other in names)) > 1:
        raise build_lone_part_error(uri, folder=uri.removesuffix(name), part_count=count)


@contextmanager
def open_fetched_file(wiring: Wiring, uri: str) -> Iterator[Arrival]:
    """Yield the file, and let `fetch_file` return the same copy during the block; the copy is removed when it ends.

    Inside a block for the same uri, it is that block's copy.

    Raises:
        InputError: As `fetch_file`.
        ServiceError: As `fetch_file`.
    """
    arrival = fetch_file(wiring, uri)
    if not is_object_uri(uri) or uri in _open_fetched_files:
        yield arrival
        return
    _open_fetched_files[uri] = arrival
    try:
        yield arrival
    finally:
        del _open_fetched_files[uri]
        # A fetched copy is in a folder of its own.
        shutil.rmtree(arrival.path.parent, ignore_errors=True)


def is_object_uri(uri: str) -> bool:
    """Return True when the uri names an object in a bucket, and False when it is a path.

    Raises:
        InputError: It has another scheme.
    """
    return is_bucket_uri(uri, thing="file", expected="a path or s3://bucket/key")


@contextmanager
def _open_bucket(wiring: Wiring, uri: str) -> Iterator[Storage]:
    """Open the storage that `_parse_object_key` gives a key for: the lake's own, or one of the whole bucket."""
    if uri.startswith(f"{wiring.lake.uri}/"):
        yield wiring.lake.storage
        return
    storage = open_storage(_parse_bucket_uri(uri))
    try:
        yield storage
    finally:
        if isinstance(storage, S3Storage):
            storage.close()


def _parse_object_key(wiring: Wiring, uri: str) -> str:
    """Return the object's key, in the lake or in its bucket."""
    expected = "s3://bucket/key, the key's parts joined by single slashes"
    root = f"{wiring.lake.uri}/"
    key = uri.removeprefix(root if uri.startswith(root) else f"{_parse_bucket_uri(uri)}/")
    if key == uri or not key:
        raise InputError(
            uri,
            found="a whole bucket",
            expected=expected,
            remedy="Name the file or the folder in it.",
        )
    try:
        open_storage(_parse_bucket_uri(uri))  # contacts nothing: it checks the bucket's name
        return check_key(key)
    except InputError as error:
        raise InputError(
            uri,
            found="a name that no object can have here",
            expected=expected,
            remedy="Check the bucket and the key.",
        ) from error


def _parse_bucket_uri(uri: str) -> str:
    return _SCHEME + uri.removeprefix(_SCHEME).partition("/")[0]
