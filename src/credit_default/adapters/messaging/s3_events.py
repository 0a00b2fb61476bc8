"""Read the event notifications that S3 sends to a queue: which objects were created in a bucket.

No request is sent to S3 here. The format is Amazon's
(docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html): one message holds one or several
records, keys are encoded as in a web form, and the first message of a new notification is a test.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from credit_default.errors import InputError

_CREATED = "ObjectCreated:"
_TEST = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """An object that was written, copied there or completed in parts, according to its bucket."""

    bucket: str
    key: str  # the object's own, not as the message encodes it

    @property
    def uri(self) -> str:
        """Return the object's uri, `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


def read_notification(body: str) -> tuple[CreatedObject, ...]:
    """Return the objects that were created according to the message, in its order.

    A test message, and events other than a creation, give none.

    Raises:
        InputError: The message is not one that S3 writes.
    """
    try:
        content = json.loads(body)
        if content.get("Event") == _TEST:
            return ()
        records = [
            record for record in content["Records"] if record["eventName"].startswith(_CREATED)
        ]
        return tuple(_read_record(record["s3"]) for record in records)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "message",
            found=f"{body[:120]!r} ({type(error).__name__})",
            expected="an event as S3 writes it",
            remedy=(
                "Find out what else writes to the queue; the queue's redrive policy puts such messages aside."
            ),
        ) from error


def _read_record(s3: dict[str, Any]) -> CreatedObject:
    bucket, key = s3["bucket"]["name"], unquote_plus(s3["object"]["key"], errors="strict")
    if not isinstance(bucket, str) or not bucket or not key:
        raise ValueError(bucket, key)
    return CreatedObject(bucket, key)
