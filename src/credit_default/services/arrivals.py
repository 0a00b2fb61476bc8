"""A file that a person or a schedule names, wherever it stands, becomes one on this machine's disk that can be read."""

from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.storage import Storage
from credit_default.adapters.stores import open_storage
from credit_default.errors import InputError
from credit_default.services.wiring import Wiring

_SCHEME = "s3://"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it came: where it can be read now, how it was named, and its version where the store keeps versions."""

    path: Path
    uri: str
    object_version: str | None = None

    @property
    def name(self) -> str:
        """The file's name, without the folders above it."""
        return self.path.name


def receive(wiring: Wiring, uri: str) -> Arrival:
    """The file that `uri` names, a path or `s3://bucket/key`; one in a bucket is fetched whole and verified.

    Raises:
        InputError: there is no such object.
        ServiceError: the bucket can't be reached, or refuses.
    """
    if not uri.startswith(_SCHEME):
        return Arrival(Path(uri), uri)
    storage, key = _find_storage(wiring, uri)
    fetched = storage.fetch_object(key, wiring.scratch)
    if fetched is None:
        raise InputError(
            uri, found="no such object", expected="a file of statements", remedy="Check the bucket and the key."
        )
    return Arrival(fetched.path, uri, fetched.stored.version)


def _find_storage(wiring: Wiring, uri: str) -> tuple[Storage, str]:
    root = f"{wiring.lake.uri}/"
    if uri.startswith(root):
        return wiring.lake.storage, uri.removeprefix(root)
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not key:
        raise InputError(uri, found="a bucket", expected="s3://bucket/key", remedy="Name the file in it.")
    return open_storage(f"{_SCHEME}{bucket}"), key
