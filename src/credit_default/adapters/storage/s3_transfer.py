"""How an object's content travels to S3 and back: in one piece or in parts, and never taken on trust.

We write our own digest and the attempt's token into the object's metadata: the digest shows on arrival whether anything was
cut or flipped, the token shows after a lost reply that an object is our own. Parts are sent by hand because boto3's transfer
knows no If-None-Match. An upload that dies leaves parts that no reader sees; a lifecycle rule clears them.
"""

import hashlib
import io
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from credit_default.adapters.storage.port import StoredObject
from credit_default.adapters.storage.s3_client import S3Connection
from credit_default.adapters.storage.s3_errors import build_broken_body_error
from credit_default.errors import CreditDefaultError, ServiceError
from credit_default.failpoints import hit_failpoint

_MOST_PARTS = 10_000
_CHUNK_BYTES = 1024 * 1024
ATTEMPT = "attempt"
DIGEST = "sha256"


@dataclass(frozen=True, slots=True)
class Upload:
    """Content on its way to S3, with the token of this attempt to write it."""

    content: bytes | Path
    byte_count: int
    sha256: str
    attempt: str

    @property
    def metadata(self) -> dict[str, str]:
        """What is written beside the content."""
        return {ATTEMPT: self.attempt, DIGEST: self.sha256}

    def open(self) -> BinaryIO:
        """The content from its beginning."""
        return (
            io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")
        )


def prepare_upload(content: bytes | Path) -> Upload:
    """The content with its size and digest; a file is read once for that, in pieces. `OSError` is the caller's to tell."""
    attempt = secrets.token_hex(16)
    if isinstance(content, bytes):
        return Upload(content, len(content), hashlib.sha256(content).hexdigest(), attempt)
    with content.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Upload(content, file.tell(), sha256, attempt)


def send_object(connection: S3Connection, key: str, upload: Upload, **conditions: str) -> None:
    """Nothing; the object `key` (with the prefix) holds the content, unless a condition fails: S3 takes all of it or none."""
    if upload.byte_count <= connection.policy.part_byte_count:
        with upload.open() as file:
            body = file.read()
        _check_unchanged(upload, hashlib.sha256(body).hexdigest())
        connection.call("put_object", Key=key, Body=body, Metadata=upload.metadata, **conditions)
        return
    part_byte_count = max(connection.policy.part_byte_count, -(-upload.byte_count // _MOST_PARTS))
    digest = hashlib.sha256()
    with upload.open() as file:

        def send_part(number: int, place: Mapping[str, Any]) -> Mapping[str, Any]:
            body = file.read(part_byte_count)
            digest.update(body)
            return connection.call("upload_part", PartNumber=number, Body=body, **place)

        parts = _Parts(
            -(-upload.byte_count // part_byte_count), send_part, ("ETag", "ChecksumCRC32")
        )
        _send_parts(
            connection,
            key,
            parts,
            metadata=upload.metadata,
            conditions=conditions,
            check=lambda: _check_unchanged(upload, digest.hexdigest()),
        )


def copy_object(connection: S3Connection, source_key: str, seen: StoredObject, *, key: str) -> None:
    """Nothing; `key` holds what `source_key` held when it was `seen`, with its metadata. Both keys with the prefix."""
    source = {"Bucket": connection.bucket, "Key": source_key}
    if seen.version is not None:
        source["VersionId"] = seen.version
    unchanged = {"CopySource": source, "CopySourceIfMatch": f'"{seen.token}"'}
    if seen.byte_count <= connection.policy.copy_byte_count:
        connection.call("copy_object", Key=key, MetadataDirective="COPY", **unchanged)
        return
    step = max(connection.policy.copy_part_byte_count, -(-seen.byte_count // _MOST_PARTS))

    def copy_part(number: int, place: Mapping[str, Any]) -> Mapping[str, Any]:
        first, last = (number - 1) * step, min(number * step, seen.byte_count) - 1
        span = f"bytes={first}-{last}"
        reply = connection.call(
            "upload_part_copy", PartNumber=number, CopySourceRange=span, **place, **unchanged
        )
        result: Mapping[str, Any] = reply["CopyPartResult"]
        return result

    parts = _Parts(-(-seen.byte_count // step), copy_part, ("ETag",))
    metadata = connection.call("head_object", Key=source_key, IfMatch=f'"{seen.token}"')["Metadata"]
    _send_parts(connection, key, parts, metadata=metadata, conditions={}, check=lambda: None)


def receive_object(
    connection: S3Connection, key: str, open_sink: Callable[[], AbstractContextManager[BinaryIO]]
) -> Mapping[str, Any]:
    """S3's reply about the object `key`, once its content stands in the sink, whole and as it was written.

    Checked: the length, S3's checksum where the client knows its kind, our own digest where we wrote the object. What is
    broken is fetched again, into a fresh sink; each time one version of the object, never parts of two.

    Raises:
        MissingObjectError: There is no such object.
        BrokenBodyError: It came broken each time.
    """
    for attempt in range(1, connection.policy.attempt_count + 1):
        reply = connection.call("get_object", Key=key, ChecksumMode="ENABLED")
        with open_sink() as sink:
            failure = _copy_body(reply, sink, f"s3://{connection.bucket}/{key}")
        if failure is None:
            return reply
        if attempt == connection.policy.attempt_count:
            raise failure
    raise AssertionError  # a policy allows one attempt at least


@dataclass(frozen=True, slots=True)
class _Parts:
    count: int
    send: Callable[[int, Mapping[str, Any]], Mapping[str, Any]]
    told: tuple[str, ...]  # what completing the upload must repeat of each part's reply


def _send_parts(
    connection: S3Connection,
    key: str,
    parts: _Parts,
    *,
    metadata: Mapping[str, str],
    conditions: Mapping[str, str],
    check: Callable[[], None],
) -> None:
    started = connection.call(
        "create_multipart_upload", Key=key, Metadata=metadata, ChecksumAlgorithm="CRC32"
    )
    place = {"Key": key, "UploadId": started["UploadId"]}
    try:
        hit_failpoint("upload.begun")
        done = []
        for number in range(1, parts.count + 1):
            reply = parts.send(number, place)
            done.append(
                {
                    "PartNumber": number,
                    **{name: reply[name] for name in parts.told if name in reply},
                }
            )
        check()
        hit_failpoint("upload.parts_sent")
        connection.call(
            "complete_multipart_upload", MultipartUpload={"Parts": done}, **place, **conditions
        )
    except BaseException:
        _abort_upload(connection, place)
        raise


def _abort_upload(connection: S3Connection, place: Mapping[str, Any]) -> None:
    try:
        connection.call("abort_multipart_upload", **place)
    except CreditDefaultError:
        return  # no reader sees the parts, and the first failure is the one to tell


def _check_unchanged(upload: Upload, sha256: str) -> None:
    if sha256 != upload.sha256:
        raise ServiceError(
            f"file {upload.content}" if isinstance(upload.content, Path) else "content",
            found="a change while it was being sent",
            expected="a file at rest",
            remedy="Wait until nobody writes to it, then run the same command again.",
        )


def _copy_body(reply: Mapping[str, Any], sink: BinaryIO, thing: str) -> ServiceError | None:
    """What was wrong with the content, or None."""
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
