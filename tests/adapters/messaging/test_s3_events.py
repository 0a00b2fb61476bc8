import json

import pytest

from credit_default.adapters.messaging.s3_events import CreatedObject, read_notification
from credit_default.errors import InputError

# As S3 sends it: docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
RECORD = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "awsRegion": "eu-central-1",
    "eventTime": "2026-01-05T06:00:00.000Z",
    "eventName": "ObjectCreated:Put",
    "userIdentity": {"principalId": "AWS:AIDA"},
    "requestParameters": {"sourceIPAddress": "127.0.0.1"},
    "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
    "s3": {
        "s3SchemaVersion": "1.0",
        "configurationId": "incoming",
        "bucket": {
            "name": "lender-data",
            "ownerIdentity": {"principalId": "A3"},
            "arn": "arn:aws:s3:::lender-data",
        },
        "object": {
            "key": "portfolio/incoming/march.csv",
            "size": 1024,
            "eTag": "d41d8cd98f00b204e9800998ecf8427e",
            "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
            "sequencer": "0055AED6DCD90281E5",
        },
    },
}
TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2026-01-05T05:59:00.000Z",
    "Bucket": "lender-data",
    "RequestId": "5582815E1AEA5ADF",
    "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
}


def make_record(key, *, name="ObjectCreated:Put"):
    s3 = {**RECORD["s3"], "object": {**RECORD["s3"]["object"], "key": key}}
    return {**RECORD, "eventName": name, "s3": s3}


def test_a_created_object_is_read():
    [created] = read_notification(json.dumps({"Records": [RECORD]}))

    assert created == CreatedObject("lender-data", "portfolio/incoming/march.csv")
    assert created.uri == "s3://lender-data/portfolio/incoming/march.csv"


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("incoming/a+b.csv", "incoming/a b.csv"),
        ("incoming/a%2Bb%25.csv", "incoming/a+b%.csv"),
        ("incoming/m%C3%A4rz+%281%29.csv", "incoming/märz (1).csv"),
        ("incoming/%E6%9C%88%22%26.csv", 'incoming/月"&.csv'),
    ],
)
def test_a_key_is_decoded(encoded, key):
    assert [
        created.key
        for created in read_notification(json.dumps({"Records": [make_record(encoded)]}))
    ] == [key]


def test_a_message_of_several_records_gives_the_created_objects_in_order():
    names = [
        "ObjectCreated:Put",
        "ObjectRemoved:Delete",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectCreated:Copy",
    ]
    records = [
        make_record(f"incoming/{number}.csv", name=name) for number, name in enumerate(names)
    ]

    created = read_notification(json.dumps({"Records": records}))

    assert [one.key for one in created] == ["incoming/0.csv", "incoming/2.csv", "incoming/3.csv"]


def test_the_test_message_of_a_new_notification_gives_no_object():
    assert read_notification(json.dumps(TEST_EVENT)) == ()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "3",
        "{}",
        '{"Records": 3}',
        '{"Records": [{}]}',
        '{"Records": [{"eventName": 3}]}',
        json.dumps({"Records": [{**RECORD, "s3": {}}]}),
        json.dumps({"Records": [make_record("%FF%FE.csv")]}),
        json.dumps({"Records": [make_record("")]}),
    ],
)
def test_a_message_that_s3_does_not_write_is_refused(body):
    with pytest.raises(InputError, match="expected an event as S3 writes it"):
        read_notification(body)
