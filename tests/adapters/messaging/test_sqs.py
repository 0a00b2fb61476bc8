import uuid

import boto3
import pytest

from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import InputError, ServiceError


@pytest.fixture
def client(s3_environment):
    opened = boto3.client("sqs", endpoint_url=s3_environment)
    yield opened
    opened.close()


@pytest.fixture
def queue(client):
    url = client.create_queue(
        QueueName=f"incoming-{uuid.uuid4().hex[:8]}", Attributes={"VisibilityTimeout": "0"}
    )
    opened = MessageQueue(url["QueueUrl"], wait_seconds=0)
    yield opened
    opened.close()


def test_a_message_comes_again_until_it_is_deleted(client, queue):
    client.send_message(QueueUrl=queue.url, MessageBody="one")

    first, second = queue.receive(), queue.receive()
    queue.delete(second[0])

    assert [(m.body, m.receive_count) for m in (*first, *second)] == [("one", 1), ("one", 2)]
    assert queue.receive() == ()


def test_a_missing_queue_is_an_error_of_the_settings(client, queue):
    client.delete_queue(QueueUrl=queue.url)

    with pytest.raises(InputError, match=r"found no such queue.*Correct listen\.queue_url"):
        queue.receive()


def test_an_unreachable_queue_is_an_error_of_the_service(queue, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(ServiceError, match="expected a queue that answers"):
        MessageQueue(queue.url).receive()


@pytest.mark.parametrize(
    "url", ["", "incoming", "arn:aws:sqs:eu-central-1:123456789012:incoming", "https://sqs"]
)
def test_what_is_not_a_queues_address_is_refused_at_once(url):
    with pytest.raises(InputError, match="found no queue's address"):
        MessageQueue(url)


@pytest.mark.parametrize(
    "host", ["sqs.ap-south-1.amazonaws.com", "vpce-1-2.sqs.ap-south-1.vpce.amazonaws.com"]
)
def test_the_region_is_the_queues_own(s3_environment, host):
    queue = MessageQueue(f"https://{host}/123456789012/incoming")

    assert queue._open().meta.region_name == "ap-south-1"
