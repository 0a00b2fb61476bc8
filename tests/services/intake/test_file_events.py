import datetime as dt
import json
import logging
import os
import time
import uuid
from urllib.parse import quote_plus

import boto3
import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.messaging.sqs import MessageQueue
from credit_default.errors import ServiceError
from credit_default.services.intake.file_events import (
    FEW_FILES,
    Announcer,
    InboxWatch,
    announce_queued_files,
    repeat_with_backoff,
    watch_inbox,
)

UNAVAILABLE = ServiceError("Prefect", found="no answer", expected="one", remedy="Start it.")
TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "lake"})


class Listener:
    """Where files are announced: it records the uris, and may be unavailable."""

    def __init__(self):
        self.announced = []
        self.failures_left = 0  # announcements
        self.closed = False

    def announce(self, uri):
        if self.failures_left:
            self.failures_left -= 1
            raise UNAVAILABLE
        self.announced.append(uri)

    def check_open(self):
        if self.closed:
            raise UNAVAILABLE

    @property
    def announcer(self):
        return Announcer(self.announce, lambda: self.announce("all"), self.check_open)


class Queue:
    """The queue of a bucket, with another one for dead letters; a message that is not deleted comes again at once."""

    def __init__(self, client, lake):
        self.client, self.lake = client, lake
        name = f"incoming-{uuid.uuid4().hex[:8]}"
        self.dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        attributes = {
            "VisibilityTimeout": "0",
            "ReceiveMessageWaitTimeSeconds": "0",
            "RedrivePolicy": redrive,
        }
        self.url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.opened = MessageQueue(self.url, wait_seconds=0)

    def notify(self, *keys, name="ObjectCreated:Put"):
        bucket, _, prefix = self.lake.uri.removeprefix("s3://").partition("/")
        records = [
            {
                "eventName": name,
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {"key": quote_plus(f"{prefix}/{key}", safe="/")},
                },
            }
            for key in keys
        ]
        self.send(json.dumps({"Records": records}))

    def send(self, body):
        self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def count(self, url=None):
        names = ["ApproximateNumberOfMessages"]
        found = self.client.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)
        return int(found["Attributes"][names[0]])


@pytest.fixture
def queue(s3_environment, s3_uri, tmp_path):
    client = boto3.client("sqs", endpoint_url=s3_environment)
    made = Queue(client, open_lake(s3_uri, home=tmp_path))
    yield made
    made.opened.close()
    client.close()


@pytest.fixture
def listener():
    return Listener()


def announce_queued(queue, listener):
    announce_queued_files(queue.lake, queue.opened, listener.announcer)


def test_new_file_is_announced_by_its_name_and_its_message_is_gone(queue, listener):
    queue.notify("incoming/märz (1) +%.csv")

    announce_queued(queue, listener)

    assert listener.announced == [f"{queue.lake.uri}/incoming/märz (1) +%.csv"]
    assert queue.count() == 0


def test_first_message_of_a_notification_is_deleted_without_an_announcement(queue, listener):
    queue.send(TEST_EVENT)

    announce_queued(queue, listener)

    assert (listener.announced, queue.count()) == ([], 0)


def test_other_objects_of_the_bucket_are_ignored(queue, listener):
    queue.notify(
        "processed/abc-a.csv",
        "tables/scores/part-1.parquet",
        "incoming/folder/a.csv",
        "incoming/.a.csv",
    )
    queue.notify("incoming/a.csv", name="ObjectRemoved:Delete")

    announce_queued(queue, listener)

    assert (listener.announced, queue.count()) == ([], 0)


def test_repeated_messages_in_another_order_are_announced_as_they_come(queue, listener):
    queue.notify("incoming/b.csv")
    queue.notify("incoming/a.csv", "incoming/b.csv")

    announce_queued(queue, listener)

    names = [uri.rpartition("/")[2] for uri in listener.announced]
    assert sorted(names) == ["a.csv", "b.csv", "b.csv"]
    assert queue.count() == 0


def test_message_stays_until_its_files_were_announced(queue, listener):
    queue.notify("incoming/a.csv")
    listener.failures_left = 1

    with pytest.raises(ServiceError, match="no answer"):
        announce_queued(queue, listener)
    left = queue.count()
    announce_queued(queue, listener)

    assert (left, queue.count()) == (1, 0)
    assert len(listener.announced) == 1


def test_nothing_is_received_from_the_queue_while_announcements_are_not_accepted(queue, listener):
    queue.notify("incoming/a.csv")
    listener.closed = True

    for _ in range(5):  # more often than the redrive policy has patience
        with pytest.raises(ServiceError):
            announce_queued(queue, listener)
    listener.closed = False
    announce_queued(queue, listener)

    assert len(listener.announced) == 1
    assert queue.count(queue.dead) == 0


def test_message_that_cannot_be_understood_is_set_aside_and_the_others_go_on(
    queue, listener, caplog
):
    caplog.set_level(logging.WARNING)
    queue.send("not a word of S3\x1b")
    queue.notify("incoming/a.csv")

    for _ in range(4):
        announce_queued(queue, listener)

    assert len(listener.announced) == 1
    assert (queue.count(), queue.count(queue.dead)) == (0, 1)
    assert "left a message in the queue" in caplog.text
    assert "times=3" in caplog.text
    assert "\x1b" not in caplog.text


def make_watch(lake, listener):
    return InboxWatch(lake, listener.announcer, lambda: dt.datetime.now(dt.UTC))


def drop(lake, name, content=b"a", *, seconds_ago=60.0):
    folder = lake.home / "incoming"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    written_at = time.time() - seconds_ago
    os.utime(folder / name, (written_at, written_at))


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path / "lake")


def test_file_that_was_there_from_the_start_is_announced_once(lake, listener):
    drop(lake, "a.csv")
    watch = make_watch(lake, listener)

    assert [watch.check(), watch.check()] == [False, False]
    assert listener.announced == [f"{lake.uri}/incoming/a.csv"]


def test_file_that_is_still_being_written_is_announced_when_it_is_whole(lake, listener):
    drop(lake, "a.csv", seconds_ago=0)
    watch = make_watch(lake, listener)

    first, announced_first = watch.check(), list(listener.announced)
    drop(lake, "a.csv", b"abc", seconds_ago=0)
    second, announced_second = watch.check(), list(listener.announced)
    drop(lake, "a.csv", b"abc", seconds_ago=3)
    third = watch.check()

    assert (first, second, third) == (True, True, False)
    assert (announced_first, announced_second) == ([], [])
    assert listener.announced == [f"{lake.uri}/incoming/a.csv"]


def test_new_content_under_an_old_name_is_announced_again(lake, listener):
    watch = make_watch(lake, listener)
    drop(lake, "a.csv")
    watch.check()
    drop(lake, "a.csv", b"other rows", seconds_ago=50)

    watch.check()

    assert len(listener.announced) == 2


def test_file_whose_announcement_failed_is_announced_at_the_next_check(lake, listener):
    drop(lake, "a.csv")
    drop(lake, "b.csv", seconds_ago=30)
    watch = make_watch(lake, listener)
    listener.failures_left = 1

    with pytest.raises(ServiceError):
        watch.check()
    watch.check()

    assert [uri.rpartition("/")[2] for uri in listener.announced] == ["a.csv", "b.csv"]


def test_many_files_at_once_are_announced_together_and_a_later_one_by_itself(lake, listener):
    watch = make_watch(lake, listener)
    for number in range(FEW_FILES + 1):
        drop(lake, f"{number}.csv")
    drop(lake, "half.csv", seconds_ago=0)
    listener.failures_left = 1

    with pytest.raises(ServiceError):
        watch.check()
    still_written = [watch.check(), watch.check()]
    drop(lake, "half.csv", b"whole")
    still_written.append(watch.check())

    assert still_written == [True, True, False]
    assert listener.announced == ["all", f"{lake.uri}/incoming/half.csv"]


@pytest.mark.parametrize("name", [".part.csv", "a\\b.csv", "\udcff.csv"])
def test_hidden_files_and_names_that_cannot_be_stored_are_not_announced(lake, listener, name):
    drop(lake, name)

    make_watch(lake, listener).check()

    assert listener.announced == []


def test_bucket_without_a_queue_is_listed(s3_uri, listener, tmp_path):
    lake = open_lake(s3_uri, home=tmp_path)
    lake.storage.write_object("incoming/a b.csv", b"a")

    make_watch(lake, listener).check()

    assert listener.announced == [f"{s3_uri}/incoming/a b.csv"]


def test_folder_is_checked_first_and_then_after_each_change(lake, listener):
    news = iter([False, False, True, False])
    act = watch_inbox(make_watch(lake, listener), lambda: news)
    drop(lake, "a.csv")

    act()
    after_first = list(listener.announced)
    drop(lake, "b.csv")
    act()
    without_news = list(listener.announced)
    act()

    assert [uri.rpartition("/")[2] for uri in after_first] == ["a.csv"]
    assert without_news == after_first
    assert [uri.rpartition("/")[2] for uri in listener.announced] == ["a.csv", "b.csv"]


def test_folder_is_checked_again_while_a_file_is_being_written_and_after_a_failure(lake, listener):
    act = watch_inbox(make_watch(lake, listener), lambda: iter([False] * 5))
    drop(lake, "a.csv", seconds_ago=0)
    act()
    drop(lake, "a.csv", seconds_ago=3)
    listener.failures_left = 1

    with pytest.raises(ServiceError):
        act()
    act()

    assert len(listener.announced) == 1


def test_watch_that_ended_is_opened_again(lake, listener):
    opened = []

    def open_changes():
        opened.append(1)
        return iter([False])

    act = watch_inbox(make_watch(lake, listener), open_changes)
    act()
    act()

    assert len(opened) == 2


def test_what_fails_is_tried_again_until_the_time_is_over(caplog):
    caplog.set_level(logging.WARNING)
    tried = []

    def act():
        tried.append(1)
        if len(tried) < 3:
            raise UNAVAILABLE
        time.sleep(0.01)

    repeat_with_backoff(act, longest_wait_seconds=0.01, until=time.monotonic() + 1.5)

    assert len(tried) > 3
    assert caplog.text.count("trying again") == 2


def test_what_is_not_a_service_error_ends_it():
    with pytest.raises(ZeroDivisionError):
        repeat_with_backoff(lambda: 1 / 0, longest_wait_seconds=0.01)
