"""The storage in a bucket: objects below a prefix, made and moved by S3's own conditional requests.

The promises are those of `storage.Storage`; `s3_transfer` carries the content, `s3_client` speaks to S3. What a reply that is
lost would leave open is looked up: an object that carries this attempt's token is ours.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.storage.port import FetchedObject, StoredObject, check_key
from credit_default.adapters.storage.s3_client import DEFAULT_S3_POLICY, S3Connection, S3Policy
from credit_default.adapters.storage.s3_errors import (
    BusyObjectError,
    ChangedObjectError,
    MissingObjectError,
)
from credit_default.adapters.storage.s3_transfer import (
    ATTEMPT,
    Upload,
    copy_object,
    prepare_upload,
    receive_object,
    send_object,
)
from credit_default.errors import InputError, ServiceError
from credit_default.failpoints import hit_failpoint


class S3Storage:
    """Objects below `prefix` in a bucket; the connection opens at the first call."""

    def __init__(
        self, bucket: str, prefix: str = "", *, policy: S3Policy = DEFAULT_S3_POLICY
    ) -> None:
        self._root = f"{prefix}/" if prefix else ""
        self._connection = S3Connection(bucket, policy)
        self._bucket_is_there = False

    @property
    def uri(self) -> str:
        """The root, `s3://bucket/prefix` or `s3://bucket`."""
        return f"s3://{self._connection.bucket}/{self._root}".rstrip("/")

    def options(self) -> Mapping[str, str]:
        """What deltalake and Polars must be told to reach `uri`, with credentials that are good now."""
        return self._connection.options()

    def close(self) -> None:
        """Nothing; the connections are closed. The next call opens new ones."""
        self._connection.close()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects whose key begins with `prefix`, by key, without their version.

        Left out: those that are hidden, and the empty objects ending in "/" by which consoles draw folders.
        """
        if "/" in prefix:
            check_key(prefix.rpartition("/")[0])
        for page in self._connection.pages("list_objects_v2", Prefix=self._root + prefix):
            self._bucket_is_there = True
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(self._root)
                if not key.endswith("/") and not any(
                    part.startswith(".") for part in key.split("/")
                ):
                    yield StoredObject(
                        key, entry["Size"], entry["ETag"].strip('"'), entry["LastModified"]
                    )

    def find_object(self, key: str) -> StoredObject | None:
        """The object with its version, or None where there is none."""
        reply = self._look(key)
        return None if reply is None else _build_stored_object(key, reply)

    def read_object(self, key: str) -> bytes | None:
        """The object's content, verified on arrival, or None where there is none."""
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
        """A verified copy in a folder of its own below `scratch`, or None where there is no such object."""
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
        """True when this call made the object; False when one was there, which stays as it was.

        After a refusal the object's token tells whether it is our own, made by a request whose reply was lost.
        """
        upload = self._prepare(key, content)
        for _ in self._tries():
            try:
                self._send(key, upload, IfNoneMatch="*")
            except BusyObjectError:
                continue
            except (ChangedObjectError, MissingObjectError):
                if (made := self._is_ours(key, upload)) is None:
                    continue  # it was there and is gone
                return made
            return True
        raise self._too_busy(key)

    def write_object(self, key: str, content: bytes | Path) -> None:
        """Nothing; the object holds `content`, in place of what it held."""
        upload = self._prepare(key, content)
        for _ in self._tries():
            try:
                self._send(key, upload)
            except BusyObjectError:
                continue
            except MissingObjectError:  # of the finished upload: a reply was lost
                if not self._is_ours(key, upload):
                    continue
            return
        raise self._too_busy(key)

    def move_object(self, stored: StoredObject, key: str) -> bool:
        """True when the object, as it was seen, stands under `key` and no longer where it was.

        False when it was written anew since, or is in neither place. A copy of what was seen may then stand under `key`: to
        remove it could take away what another runner moved there.
        """
        check_key(key)
        for _ in self._tries():
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
        raise self._too_busy(stored.key)

    def delete_object(self, key: str) -> None:
        """Nothing; there is no object under `key`. Where the bucket keeps versions, the old ones stay."""
        for _ in self._tries():
            try:
                self._connection.call("delete_object", Key=self._root + check_key(key))
            except BusyObjectError:
                continue
            return
        raise self._too_busy(key)

    def _look(self, key: str) -> dict[str, Any] | None:
        try:
            reply = self._connection.call("head_object", Key=self._root + check_key(key))
        except MissingObjectError:
            self._require_bucket()
            return None
        self._bucket_is_there = True
        return reply

    def _require_bucket(self) -> None:
        """HEAD says 404 of an object and of a whole bucket alike; the first time we ask which."""
        if self._bucket_is_there:
            return
        try:
            self._connection.call("head_bucket")
        except MissingObjectError as error:
            raise InputError(
                f"s3://{self._connection.bucket}",
                found="no such bucket",
                expected="a bucket that exists",
                remedy="Check the name after s3://, or make the bucket.",
            ) from error
        self._bucket_is_there = True

    def _prepare(self, key: str, content: bytes | Path) -> Upload:
        check_key(key)
        with _file_errors(content):
            return prepare_upload(content)

    def _send(self, key: str, upload: Upload, **conditions: str) -> None:
        with _file_errors(upload.content):
            send_object(self._connection, self._root + key, upload, **conditions)

    def _is_ours(self, key: str, upload: Upload) -> bool | None:
        """Whether the object that stands there came from this attempt; None when none stands there."""
        reply = self._look(key)
        return None if reply is None else reply["Metadata"].get(ATTEMPT) == upload.attempt

    def _delete_unchanged(self, seen: StoredObject) -> None:
        self._connection.call("delete_object", Key=self._root + seen.key, IfMatch=f'"{seen.token}"')

    def _tries(self) -> Iterator[int]:
        """As many tries as the policy allows, with a wait before each but the first: longer each time, and by chance."""
        policy = self._connection.policy
        for attempt in range(policy.conflict_attempt_count):
            if attempt:
                longest = min(0.05 * 2**attempt, policy.longest_wait_seconds)
                time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads runners out, hides nothing
            yield attempt

    def _too_busy(self, key: str) -> ServiceError:
        return ServiceError(
            f"{self.uri}/{key}",
            found=f"others writing it at each of {self._connection.policy.conflict_attempt_count} tries",
            expected="a moment for ours",
            remedy="Wait a little and run the same command again: nothing was left half done.",
        )


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
