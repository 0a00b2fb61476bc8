"""Assemble a large object in S3 from parts, which appears whole or not at all.

Parts are sent here and not by boto3's transfer, because that does not support If-None-Match. An upload that is killed leaves
parts that no reader sees; a lifecycle rule of the bucket removes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from credit_default.adapters.storage.s3_client import S3Connection
from credit_default.errors import CreditDefaultError
from credit_default.failpoints import hit_failpoint

MOST_PARTS = 10_000  # of one object; S3's limit


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of an object and how each is sent.

    Attributes:
        count: How many parts there are.
        send: Sends the part of a number (1, 2, …) to the upload that a key and an upload id name; returns S3's reply.
        reply_fields: The fields of that reply that completing the upload repeats.
    """

    count: int
    send: Callable[[int, Mapping[str, Any]], Mapping[str, Any]]
    reply_fields: tuple[str, ...]


def send_parts(
    connection: S3Connection,
    key: str,
    parts: Parts,
    *,
    metadata: Mapping[str, str],
    conditions: Mapping[str, str],
    check: Callable[[], None],
) -> None:
    """Send all parts and complete the object; abort the upload when anything fails.

    Args:
        connection: The bucket.
        key: The object, with the storage's prefix.
        parts: What is sent.
        metadata: Written with the object.
        conditions: S3's own, under which the upload is completed.
        check: Called between the last part and the completion; raises where the object must not appear.

    Raises:
        ChangedObjectError: A condition does not hold.
        BusyObjectError: Another client is writing the object.
        ServiceError: S3 refused.
    """
    started = connection.call(
        "create_multipart_upload", Key=key, Metadata=metadata, ChecksumAlgorithm="CRC32"
    )
    place = {"Key": key, "UploadId": started["UploadId"]}
    try:
        hit_failpoint("upload.begun")
        sent = [_send_part(parts, number, place) for number in range(1, parts.count + 1)]
        check()
        hit_failpoint("upload.parts_sent")
        connection.call(
            "complete_multipart_upload", MultipartUpload={"Parts": sent}, **place, **conditions
        )
    except BaseException:
        _abort_upload(connection, place)
        raise


def _send_part(parts: Parts, number: int, place: Mapping[str, Any]) -> dict[str, Any]:
    reply = parts.send(number, place)
    repeated = {name: reply[name] for name in parts.reply_fields if name in reply}
    return {"PartNumber": number, **repeated}


def _abort_upload(connection: S3Connection, place: Mapping[str, Any]) -> None:
    try:
        connection.call("abort_multipart_upload", **place)
    except CreditDefaultError:
        return  # no reader sees the parts, and the first failure is the one to report
