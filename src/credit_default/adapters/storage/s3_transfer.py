"""Send an object's content to S3, copy it there, and receive it: in one piece or in parts, verified each time.

The object's metadata hold a digest of ours and a token of the attempt that wrote it. The digest shows on arrival whether
anything was cut off or altered; the token shows after a lost reply that an object is our own. Large objects travel in parts
(`s3_multipart`).
"""

import hashlib
import io
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from credit_default.adapters.storage.port import StoredObject
from credit_default.adapters.storage.s3_client import S3Connection
from credit_default.adapters.storage.s3_errors import build_broken_body_error
from credit_default.adapters.storage.s3_multipart import MOST_PARTS, Parts, send_parts
from credit_default.errors import ServiceError

_LOG = logging.getLogger(__name__)
_CHUNK_BYTES = 1024 * 1024
ATTEMPT = "attempt"
DIGEST = "sha256"
_PAGE_KINDS = {  # what a browser has to be told to show a page from a bucket
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """Content to be sent to S3, with its size and sha256, and the token of this attempt to write it."""

    content: bytes | Path
    byte_count: int
    sha256: str
    attempt: str

    @property
    def metadata(self) -> dict[str, str]:
        """Return the metadata that are written with the content."""
        return {ATTEMPT: self.attempt, DIGEST: self.sha256}

    def open(self) -> BinaryIO:
        """Open the content at its beginning."""
        return (
            io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
        )


def prepare_upload(content: bytes | Path) -> Upload:
    """Return the content with its size and digest; a file is read once for that, in pieces.

    Raises:
        OSError: The file cannot be read; the caller translates it.
    """
    attempt = secrets.token_hex(16)
    if isinstance(content, bytes):
        return Upload(content, len(content), hashlib.sha256(content).hexdigest(), attempt)
    with content.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Upload(content, file.tell(), sha256, attempt)


def send_object(connection: S3Connection, key: str, upload: Upload, **conditions: str) -> None:
    """Send the content, in one piece or in parts; S3 takes all of it or none.

    Args:
        connection: The bucket.
        key: The object, with the storage's prefix.
        upload: The content.
        conditions: S3's own, such as `IfNoneMatch="*"`.

    Raises:
        ChangedObjectError: A condition does not hold.
        BusyObjectError: Another client is writing the object.
        ServiceError: The file changed while it was being sent, or S3 refused.
    """
    if upload.byte_count > connection.policy.part_byte_count:
        _send_in_parts(connection, key, upload, conditions)
        return
    with upload.open() as file:
        body = file.read()
    _check_unchanged(upload, hashlib.sha256(body).hexdigest())
    kind = _PAGE_KINDS.get(PurePosixPath(key).suffix)
    shown = {"ContentType": kind} if kind else {}
    connection.call(
        "put_object", Key=key, Body=body, Metadata=upload.metadata, **shown, **conditions
    )


def _send_in_parts(
    connection: S3Connection, key: str, upload: Upload, conditions: Mapping[str, str]
) -> None:
    part_byte_count = max(connection.policy.part_byte_count, -(-upload.byte_count // MOST_PARTS))
    part_count = -(-upload.byte_count // part_byte_count)
    digest = hashlib.sha256()
    with upload.open() as file:

        def send_part(number: int, place: Mapping[str, Any]) -> Mapping[str, Any]:
            body = file.read(part_byte_count)
            digest.update(body)
            return connection.call("upload_part", PartNumber=number, Body=body, **place)

        send_parts(
            connection,
            key,
            Parts(part_count, send_part, ("ETag", "ChecksumCRC32")),
            metadata=upload.metadata,
            conditions=conditions,
            check=lambda: _check_unchanged(upload, digest.hexdigest()),
        )


def copy_object(connection: S3Connection, source_key: str, seen: StoredObject, *, key: str) -> None:
    """Copy what `source_key` held when it was `seen`, with its metadata.

    Args:
        connection: The bucket.
        source_key: The object to copy, with the storage's prefix.
        seen: The object as it was found; anything else is not copied.
        key: Where the copy goes, with the prefix.

    Raises:
        ChangedObjectError: The object has been written again since.
        MissingObjectError: The object has been deleted since.
    """
    source = {"Bucket": connection.bucket, "Key": source_key}
    if seen.version is not None:
        source["VersionId"] = seen.version
    unchanged = {"CopySource": source, "CopySourceIfMatch": f'"{seen.token}"'}
    if seen.byte_count <= connection.policy.copy_byte_count:
        connection.call("copy_object", Key=key, MetadataDirective="COPY", **unchanged)
        return
    step = max(connection.policy.copy_part_byte_count, -(-seen.byte_count // MOST_PARTS))

    def copy_part(number: int, place: Mapping[str, Any]) -> Mapping[str, Any]:
        first, last = (number - 1) * step, min(number * step, seen.byte_count) - 1
        span = f"bytes={first}-{last}"
        reply = connection.call(
            "upload_part_copy", PartNumber=number, CopySourceRange=span, **place, **unchanged
        )
        result: Mapping[str, Any] = reply["CopyPartResult"]
        return result

    parts = Parts(-(-seen.byte_count // step), copy_part, ("ETag",))
    metadata = connection.call("head_object", Key=source_key, IfMatch=f'"{seen.token}"')["Metadata"]
    send_parts(connection, key, parts, metadata=metadata, conditions={}, check=lambda: None)


def receive_object(
    connection: S3Connection, key: str, open_sink: Callable[[], AbstractContextManager[BinaryIO]]
) -> Mapping[str, Any]:
    """Receive an object's content into a sink, and verify it.

    Checked are the length, S3's checksum where the client knows its kind, and our own digest where we wrote the object.
    Broken content is requested again, into a fresh sink: each time one version of the object, never parts of two.

    Args:
        connection: The bucket.
        key: The object, with the storage's prefix.
        open_sink: Opens an empty sink for each attempt.

    Returns:
        S3's reply about the object.

    Raises:
        MissingObjectError: There is no such object.
        BrokenBodyError: Its content arrived broken each time.
    """
    for attempt in range(1, connection.policy.attempt_count + 1):
        reply = connection.call("get_object", Key=key, ChecksumMode="ENABLED")
        with open_sink() as sink:
            failure = _copy_body(reply, sink, f"s3://{connection.bucket}/{key}")
        if failure is None:
            return reply
        if attempt == connection.policy.attempt_count:
            raise failure
        _LOG.warning("content arrived broken, receiving it again key=%s attempt=%d", key, attempt)
    raise AssertionError  # a policy allows at least one attempt


def _check_unchanged(upload: Upload, sha256: str) -> None:
    if sha256 != upload.sha256:
        raise ServiceError(
            f"file {upload.content}" if isinstance(upload.content, Path) else "content",
            found="a change while it was being sent",
            expected="a file that stays as it is",
            remedy="Wait until nothing writes to it, then run the same command again.",
        )


def _copy_body(reply: Mapping[str, Any], sink: BinaryIO, thing: str) -> ServiceError | None:
    """Copy the reply's content into the sink; return what was wrong with it, or None."""
    from botocore.exceptions import BotoCoreError

    digest, byte_count = hashlib.sha256(), 0
    with closing(reply["Body"]) as body:
        try:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                digest.update(chunk)
                byte_count += sink.write(chunk)
        except BotoCoreError as error:
            return build_broken_body_error(thing, type(error).__name__)
    if byte_count != reply["ContentLength"]:
        return build_broken_body_error(thing, f"{byte_count} of {reply['ContentLength']} bytes")
    if reply["Metadata"].get(DIGEST, digest.hexdigest()) != digest.hexdigest():
        return build_broken_body_error(thing, "another digest")
    return None
