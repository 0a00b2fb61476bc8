"""A queue of messages at SQS, read by one message at a time being put down only when it has been dealt with.

Credentials and endpoint come by the usual AWS chain, the region from the queue's own address. A message that is not deleted
comes again after the queue's visibility timeout; after as many times as its redrive policy says it is put aside.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from credit_default.errors import CreditDefaultError, InputError, ServiceError

_LONGEST_WAIT_SECONDS = 20  # that SQS holds a question open
_MOST_MESSAGES = 10  # that it hands out at a time
_REGION = re.compile(
    r"sqs[.-]([a-z]{2}(?:-[a-z]+)+-\d)\."
)  # docs.aws.amazon.com/general/latest/gr/sqs-service.html
_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"}


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as it was handed out once; `receipt` is what it is deleted by."""

    message_id: str
    body: str
    receipt: str
    receive_count: int  # how often it was handed out by now, this time included


class MessageQueue:
    """One queue, by its address; the client is opened when first used. A question is held open for `wait_seconds`."""

    def __init__(self, url: str, *, wait_seconds: int = _LONGEST_WAIT_SECONDS) -> None:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).path.strip("/"):
            raise InputError(
                f"queue {url[:120]!r}",
                found="no queue's address",
                expected="https://sqs.REGION.amazonaws.com/ACCOUNT/NAME",
                remedy="Correct listen.queue_url: `aws sqs get-queue-url --queue-name NAME` prints it.",
            )
        self.url, self.wait_seconds = url, wait_seconds
        self._client: Any = None

    def receive(self) -> tuple[QueuedMessage, ...]:
        """At most ten messages, as soon as there are some, or none after the wait. Each is hidden from others for a while.

        Raises:
            InputError: there is no such queue.
            ServiceError: it can't be reached, or refuses.
        """
        with self._errors():
            reply = self._open().receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_MOST_MESSAGES,
                WaitTimeSeconds=self.wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return tuple(
            QueuedMessage(m["MessageId"], m["Body"], m["ReceiptHandle"], _read_receive_count(m))
            for m in reply.get("Messages", ())
        )

    def delete(self, message: QueuedMessage) -> None:
        """Nothing; the message does not come again. Raises as `receive`."""
        with self._errors():
            self._open().delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def count_waiting(self) -> int:
        """About how many messages wait; those that are handed out at this moment are left out. Raises as `receive`."""
        with self._errors():
            wanted = "ApproximateNumberOfMessages"
            reply = self._open().get_queue_attributes(QueueUrl=self.url, AttributeNames=[wanted])
        return int(reply["Attributes"][wanted])

    def close(self) -> None:
        """Nothing; the connections are closed. The next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            named = _REGION.search(self.url)
            config = Config(
                connect_timeout=5,
                read_timeout=_LONGEST_WAIT_SECONDS + 10,
                user_agent_extra="credit-default",
                retries={
                    "mode": "standard",
                    "total_max_attempts": 2,
                },  # who listens tries again by itself
            )
            session = boto3.session.Session(region_name=named[1] if named else None)
            self._client = session.client("sqs", config=config)
        return self._client

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise _translate_sqs_error(error, self.url) from error


def _read_receive_count(message: dict[str, Any]) -> int:
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def _translate_sqs_error(error: Exception, url: str) -> CreditDefaultError:
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    if code in _MISSING:
        return InputError(
            f"queue {url}",
            found="no such queue",
            expected="the queue that the bucket tells of new files",
            remedy="Correct listen.queue_url, or make the queue (infra/).",
        )
    return ServiceError(
        f"queue {url}",
        found=code or " ".join(str(error).split())[:200],
        expected="a queue that answers",
        remedy="Check the network, AWS_ENDPOINT_URL, the credentials, and that they may receive and delete its messages.",
    )
