"""The storage in a bucket: objects below a prefix, created and moved by S3's own conditional requests.

The guarantees are those of `port.Storage`. `s3_transfer` carries the content, `s3_client` sends the requests, `s3_conflicts`
spaces the attempts. Where a lost reply leaves open whether an object was created, the object is looked up: one that carries
this attempt's token is ours.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.storage.port import FetchedObject, StoredObject, check_key
from credit_default.adapters.storage.s3_client import DEFAULT_S3_POLICY, S3Connection, S3Policy
from credit_default.adapters.storage.s3_conflicts import build_conflict_error, iterate_attempts
from credit_default.adapters.storage.s3_errors import (
    BusyObjectError,
    ChangedObjectError,
    MissingObjectError,
    build_missing_bucket_error,
)
from credit_default.adapters.storage.s3_transfer import (
    ATTEMPT,
    Upload,
    copy_object,
    prepare_upload,
    receive_object,
    send_object,
)
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint


class S3Storage:
    """Objects below `prefix` in a bucket; the connection opens at the first call."""

    def __init__(
        self, bucket: str, prefix: str = "", *, policy: S3Policy = DEFAULT_S3_POLICY
    ) -> None:
        self._root = f"{prefix}/" if prefix else ""
        self._connection = S3Connection(bucket, policy)
        self._bucket_exists = False

    @property
    def uri(self) -> str:
        """Return the root, `s3://bucket/prefix` or `s3://bucket`."""
        return f"s3://{self._connection.bucket}/{self._root}".rstrip("/")

    def options(self) -> Mapping[str, str]:
        """Return the options by which deltalake and Polars reach `uri`, with credentials that are valid now."""
        return self._connection.options()

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix`, by key, without their version.

        Left out are hidden objects, and the empty objects ending in "/" that consoles create to show folders.
        """
        if "/" in prefix:
            check_key(prefix.rpartition("/")[0])
        for page in self._connection.pages("list_objects_v2", Prefix=self._root + prefix):
            self._bucket_exists = True
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(self._root)
                if not _is_hidden(key):
                    yield StoredObject(
                        key, entry["Size"], entry["ETag"].strip('"'), entry["LastModified"]
                    )

    def find_object(self, key: str) -> StoredObject | None:
        """Return the object with its version, or None where there is none."""
        reply = self._request_head(key)
        return None if reply is None else _build_stored_object(key, reply)

    def read_object(self, key: str) -> bytes | None:
        """Return the object's content, verified on arrival, or None where there is none."""
        sink = BytesIO()

        def open_sink() -> nullcontext[BytesIO]:
            sink.seek(0)
            sink.truncate()
            return nullcontext(sink)

        try:
            receive_object(self._connection, self._root + check_key(key), open_sink)
        except MissingObjectError:
            self._require_bucket()
            return None
        return sink.getvalue()

    def fetch_object(self, key: str, scratch: Path) -> FetchedObject | None:
        """Return a verified copy in a new folder below `scratch`, or None where there is no such object."""
        name = check_key(key).rpartition("/")[2]
        with disk_errors(scratch, thing="scratch folder"):
            scratch.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="fetched-", dir=scratch))
            try:
                reply = receive_object(
                    self._connection, self._root + key, lambda: (folder / name).open("wb")
                )
            except MissingObjectError:
                shutil.rmtree(folder, ignore_errors=True)
                self._require_bucket()
                return None
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return FetchedObject(folder / name, _build_stored_object(key, reply))

    def create_object(self, key: str, content: bytes | Path) -> bool:
        """Create the object unless there is one.

        After a refusal the existing object's token shows whether it is our own, created by a request whose reply was lost.

        Returns:
            True when this call created the object; False when one existed, which stays as it was.
        """
        upload = self._prepare(key, content)
        for _ in self._attempts(key):
            try:
                self._send(key, upload, IfNoneMatch="*")
            except BusyObjectError:
                continue
            except (ChangedObjectError, MissingObjectError):
                if (created := self._is_ours(key, upload)) is None:
                    continue  # it existed and has been deleted meanwhile
                return created
            return True
        raise self._build_conflict_error(key)

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Write the object, in place of what it held."""
        upload = self._prepare(key, content)
        for _ in self._attempts(key):
            try:
                self._send(key, upload)
            except BusyObjectError:
                continue
            except MissingObjectError:  # no such upload: it was finished, and the reply was lost
                if not self._is_ours(key, upload):
                    continue
            return
        raise self._build_conflict_error(key)

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """Move the object, as it was when it was found, to `key`.

        Returns:
            True when it is under `key` and no longer where it was. False when it was written again since, or is in neither
            place. A copy of what was found may then remain under `key`: removing it could take away what another runner
            moved there.
        """
        check_key(key)
        for _ in self._attempts(stored.key):
            seen = self.find_object(stored.key)
            if seen is None:
                return self.find_object(key) is not None
            if seen.token != stored.token:
                return False
            if key == stored.key:
                return True
            try:
                copy_object(self._connection, self._root + stored.key, seen, key=self._root + key)
                hit_failpoint("move.copied")
                self._delete_unchanged(seen)
            except (BusyObjectError, ChangedObjectError, MissingObjectError):
                continue
            return True
        raise self._build_conflict_error(stored.key)

    def delete_object(self, key: str) -> None:
        """Delete the object. Where the bucket keeps versions, the old ones stay."""
        for _ in self._attempts(key):
            try:
                self._connection.call("delete_object", Key=self._root + check_key(key))
            except BusyObjectError:
                continue
            return
        raise self._build_conflict_error(key)

    def _request_head(self, key: str) -> dict[str, Any] | None:
        try:
            reply = self._connection.call("head_object", Key=self._root + check_key(key))
        except MissingObjectError:
            self._require_bucket()
            return None
        self._bucket_exists = True
        return reply

    def _require_bucket(self) -> None:
        """Raise unless the bucket is known to exist: HEAD answers 404 for a missing object and a missing bucket alike."""
        if self._bucket_exists:
            return
        try:
            self._connection.call("head_bucket")
        except MissingObjectError as error:
            raise build_missing_bucket_error(f"s3://{self._connection.bucket}") from error
        self._bucket_exists = True

    def _prepare(self, key: str, content: bytes | Path) -> Upload:
        check_key(key)
        with _file_errors(content):
            return prepare_upload(content)

    def _send(self, key: str, upload: Upload, **conditions: str) -> None:
        with _file_errors(upload.content):
            send_object(self._connection, self._root + key, upload, **conditions)

    def _is_ours(self, key: str, upload: Upload) -> bool | None:
        """Return whether the existing object came from this attempt; None when there is none."""
        reply = self._request_head(key)
        return None if reply is None else reply["Metadata"].get(ATTEMPT) == upload.attempt

    def _delete_unchanged(self, seen: StoredObject) -> None:
        self._connection.call("delete_object", Key=self._root + seen.key, IfMatch=f'"{seen.token}"')

    def _attempts(self, key: str) -> Iterator[int]:
        return iterate_attempts(self._connection.policy, uri=f"{self.uri}/{key}")

    def _build_conflict_error(self, key: str) -> ServiceError:
        return build_conflict_error(self._connection.policy, uri=f"{self.uri}/{key}")


def _is_hidden(key: str) -> bool:
    return key.endswith("/") or any(part.startswith(".") for part in key.split("/"))


def _file_errors(content: bytes | Path) -> AbstractContextManager[None]:
    return disk_errors(content, thing="file") if isinstance(content, Path) else nullcontext()


def _build_stored_object(key: str, reply: Mapping[str, Any]) -> StoredObject:
    version = reply.get("VersionId")
    return StoredObject(
        key,
        reply["ContentLength"],
        reply["ETag"].strip('"'),
        reply["LastModified"],
        None if version in {None, "null"} else version,
    )
