"""A message queue at SQS, from which a message is deleted only after it has been handled.

Credentials and endpoint come from the usual AWS chain, the region from the queue's own address. A message that is not
deleted is delivered again after the queue's visibility timeout, until the queue's redrive policy puts it aside.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from credit_default.errors import CreditDefaultError, InputError, ServiceError

_LONGEST_WAIT_SECONDS = 20  # the longest that SQS holds a request open
_MOST_MESSAGES = 10  # the most that SQS delivers at a time
# docs.aws.amazon.com/general/latest/gr/sqs-service.html
_REGION = re.compile(r"sqs[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.")
_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"}


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message of one delivery.

    Attributes:
        message_id: The same in each delivery.
        body: The text.
        receipt: What this delivery is deleted by.
        receive_count: How often the message was delivered by now, this time included.
    """

    message_id: str
    body: str
    receipt: str
    receive_count: int


class MessageQueue:
    """One queue, by its address; the client is opened when it is first used.

    Args:
        url: The queue's address.
        wait_seconds: How long SQS holds a request open until there is a message, 0-20.

    Raises:
        InputError: The url is not the address of a queue.
    """

    def __init__(self, url: str, *, wait_seconds: int = _LONGEST_WAIT_SECONDS) -> None:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).path.strip("/"):
            raise InputError(
                f"queue {url[:120]!r}",
                found="no queue's address",
                expected="https://sqs.REGION.amazonaws.com/ACCOUNT/NAME",
                remedy=(
                    "Correct listen.queue_url: `aws sqs get-queue-url --queue-name NAME` prints it."
                ),
            )
        self.url, self.wait_seconds = url, wait_seconds
        self._client: Any = None

    def receive(self) -> tuple[QueuedMessage, ...]:
        """Return up to ten messages as soon as there are any, or none after the wait.

        Each is hidden from other receivers for the queue's visibility timeout.

        Raises:
            InputError: There is no such queue.
            ServiceError: The queue cannot be reached, or refuses.
        """
        with self._errors():
            reply = self._open().receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_MOST_MESSAGES,
                WaitTimeSeconds=self.wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return tuple(
            QueuedMessage(
                message["MessageId"],
                message["Body"],
                message["ReceiptHandle"],
                _read_receive_count(message),
            )
            for message in reply.get("Messages", ())
        )

    def delete(self, message: QueuedMessage) -> None:
        """Delete the message, so that it is not delivered again. Raises as `receive` does."""
        with self._errors():
            self._open().delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def count_waiting(self) -> int:
        """Return about how many messages wait; those being handled at this moment are left out. Raises as `receive` does."""
        name = "ApproximateNumberOfMessages"
        with self._errors():
            reply = self._open().get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(reply["Attributes"][name])

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            region = _REGION.search(self.url)
            config = Config(
                connect_timeout=5,
                read_timeout=_LONGEST_WAIT_SECONDS + 10,
                user_agent_extra="credit-default",
                # The listener tries again by itself.
                retries={"mode": "standard", "total_max_attempts": 2},
            )
            session = boto3.session.Session(region_name=region[1] if region else None)
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
            expected="the queue to which the bucket reports new files",
            remedy="Correct listen.queue_url, or create the queue (infra/).",
        )
    return ServiceError(
        f"queue {url}",
        found=code or " ".join(str(error).split())[:200],
        expected="a queue that answers",
        remedy=(
            "Check the network, AWS_ENDPOINT_URL, the credentials, "
            "and that they may receive and delete its messages."
        ),
    )
