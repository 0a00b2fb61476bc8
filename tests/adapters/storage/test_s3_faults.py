# ruff: noqa: FBT003 - the table of acts says what each returns
"""Each fault at each request that the storage sends to S3: the right result, or one clear error; never half, never twice.

A passing fault must be survived, or reported where waiting cannot help. A lasting one must be reported in one line; the
bucket then holds the old state or the new one (a move may have copied), and the same act, repeated, completes it.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.storage.s3 import S3Storage
from credit_default.adapters.storage.s3_client import S3Policy
from credit_default.errors import CreditDefaultError, InputError, ServiceError

PATIENT = S3Policy(
    attempt_count=3,
    conflict_attempt_count=3,
    longest_wait_seconds=0.02,
    part_byte_count=64 * 1024,
)
HASTY = S3Policy(attempt_count=4, read_timeout_seconds=0.75, part_byte_count=64 * 1024)
BIG = b"b" * (PATIENT.part_byte_count + 1)  # two parts
# what the bucket holds, by size: no two contents have the same
OLD = {"a": 3}
NEW = {"a": 3, "new": 5}
NEW_BIG = {"a": 3, "new": len(BIG)}
MOVED = {"b": 3}

ALWAYS = ("503", "500", "403", "expired", "reset", "lost")
READING = (*ALWAYS, "truncated", "flipped")
WRITING = (*ALWAYS, "409")
CREATING = (*WRITING, "412")
LIKE_ANOTHER = {
    "500",
    "reset",
    "expired",
}  # like 503, lost and 403 when they last: left to the nightly run
WAITING_DOES_NOT_HELP = {"403", "expired"}


@dataclass(frozen=True)
class Act:
    """Something that the storage does, and the one request in it that fails."""

    name: str
    method: str
    path: str
    run: Callable[[S3Storage, Path], Any]
    faults: tuple[str, ...]
    result: Any
    end: dict[str, int] = field(default_factory=lambda: OLD)
    on_the_way: tuple[dict[str, int], ...] = ()


def move(storage, _):
    return storage.move_object(SEEN[storage.uri] or storage.find_object("a"), "b")


SEEN: dict[str, Any] = {}  # the object as it was found before the fault, by storage
ACTS = [
    Act(
        "list",
        "GET",
        "list-type=2",
        lambda s, _: [o.key for o in s.list_objects("")],
        (*ALWAYS, "truncated"),
        ["a"],
    ),
    Act("find", "HEAD", "/a$", lambda s, _: s.find_object("a").byte_count, ALWAYS, 3),
    Act("find nothing", "HEAD", "/none$", lambda s, _: s.find_object("none"), ALWAYS, None),
    Act("read", "GET", "/a$", lambda s, _: s.read_object("a"), READING, b"old"),
    Act(
        "fetch",
        "GET",
        "/a$",
        lambda s, t: s.fetch_object("a", t).path.read_bytes(),
        READING,
        b"old",
    ),
    Act(
        "create", "PUT", "/new$", lambda s, _: s.create_object("new", b"newer"), CREATING, True, NEW
    ),
    Act(
        "create what is there",
        "PUT",
        "/a$",
        lambda s, _: s.create_object("a", b"newer"),
        WRITING,
        False,
    ),
    Act(
        "create: begin parts",
        "POST",
        r"\?uploads",
        lambda s, _: s.create_object("new", BIG),
        ALWAYS,
        True,
        NEW_BIG,
    ),
    Act(
        "create: send part",
        "PUT",
        "partNumber=2",
        lambda s, _: s.create_object("new", BIG),
        ALWAYS,
        True,
        NEW_BIG,
    ),
    Act(
        "create: join parts",
        "POST",
        "uploadId=",
        lambda s, _: s.create_object("new", BIG),
        (*CREATING, "200-error"),
        True,
        NEW_BIG,
    ),
    Act("write", "PUT", "/a$", lambda s, _: s.write_object("a", b"newer"), WRITING, None, {"a": 5}),
    Act(
        "write: join parts",
        "POST",
        "uploadId=",
        lambda s, _: s.write_object("a", BIG),
        (*WRITING, "200-error"),
        None,
        {"a": len(BIG)},
    ),
    Act("move: look", "HEAD", "/a$", move, ALWAYS, True, MOVED),
    Act(
        "move: copy", "PUT", "/b$", move, (*CREATING, "200-error"), True, MOVED, ({**OLD, **MOVED},)
    ),
    Act("move: delete", "DELETE", "/a$", move, CREATING, True, MOVED, ({**OLD, **MOVED},)),
    Act("delete", "DELETE", "/a$", lambda s, _: s.delete_object("a"), WRITING, None, {}),
]
each_act = pytest.mark.parametrize("act", [pytest.param(act, id=act.name) for act in ACTS])
SLOW = [
    act
    for act in ACTS
    if act.name in {"list", "fetch", "create", "move: copy", "move: delete", "write: join parts"}
]


@pytest.fixture
def prepare(s3_uri, fault_proxy, quick_s3_clients, monkeypatch):
    """Returns a function that opens a storage with one object, whose client goes through the proxy."""
    from botocore.retries.standard import ExponentialBackoff

    # the client's own waits after a 503 would take a minute of this file's time
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.01)
    bucket = s3_uri.split("/")[2]
    connections = {}

    def open_with(policy, prefix="portfolio"):
        storage = S3Storage(bucket, prefix, policy=policy)
        storage._connection = connections.setdefault(
            policy, storage._connection
        )  # one client for all cases of a test
        storage.write_object("a", b"old")
        SEEN[storage.uri] = storage.find_object("a")
        return storage

    yield open_with
    for connection in connections.values():
        connection.close()
    SEEN.clear()


def list_sizes(storage):
    return {stored.key: stored.byte_count for stored in storage.list_objects("")}


def assert_is_one_clear_line(error: CreditDefaultError):
    assert type(error).exit_code == 3
    assert "\n" not in str(error)
    assert "test-secret" not in str(error)


@each_act
def test_a_passing_fault_is_survived_or_reported(prepare, fault_proxy, subtests, tmp_path, act):
    for number, fault in enumerate(act.faults):
        with subtests.test(fault):
            storage = prepare(PATIENT, f"case-{number}")
            fault_proxy.clear()
            fault_proxy.add(act.method, act.path, fault)

            if fault in WAITING_DOES_NOT_HELP and not (act.method == "HEAD" and fault == "expired"):
                with pytest.raises(ServiceError) as caught:
                    act.run(storage, tmp_path)
                assert_is_one_clear_line(caught.value)
                act.run(storage, tmp_path)
            else:
                assert act.run(storage, tmp_path) == act.result

            assert fault_proxy.struck == 1
            assert list_sizes(storage) == act.end


@pytest.mark.parametrize(
    ("act", "left_out"),
    [
        *(pytest.param(act, LIKE_ANOTHER, id=act.name) for act in SLOW),
        *(
            pytest.param(act, set(), id=f"{act.name}, all", marks=pytest.mark.nightly)
            for act in ACTS
        ),
    ],
)
def test_a_lasting_fault_is_reported_and_a_repeat_completes_the_act(
    prepare, fault_proxy, subtests, tmp_path, act, left_out
):
    for number, fault in enumerate(fault for fault in act.faults if fault not in left_out):
        with subtests.test(fault):
            storage = prepare(PATIENT, f"case-{number}")
            fault_proxy.add(act.method, act.path, fault, times=1000)

            with pytest.raises(ServiceError) as caught:
                act.run(storage, tmp_path / fault)

            assert_is_one_clear_line(caught.value)
            assert fault_proxy.struck >= 1
            fault_proxy.clear()
            assert list_sizes(storage) in [OLD, act.end, *act.on_the_way]
            assert list((tmp_path / fault).glob("*")) == []
            act.run(storage, tmp_path)
            assert list_sizes(storage) == act.end


@pytest.mark.parametrize("act", [pytest.param(act, id=act.name) for act in SLOW])
def test_a_request_whose_reply_comes_too_late_is_sent_again(prepare, fault_proxy, tmp_path, act):
    storage = prepare(HASTY)
    fault_proxy.add(act.method, act.path, "slow:1.5")

    assert act.run(storage, tmp_path) == act.result

    assert fault_proxy.struck == 1
    assert list_sizes(storage) == act.end


def test_a_server_that_stays_silent_is_reported(prepare, fault_proxy):
    storage = prepare(S3Policy(attempt_count=2, read_timeout_seconds=0.3))
    fault_proxy.add("GET", "/a$", "slow:0.6", times=1000)

    with pytest.raises(ServiceError, match=r"no answer in time \(ReadTimeoutError\)"):
        storage.read_object("a")


def test_a_slow_server_within_the_timeout_is_waited_for(prepare, fault_proxy):
    storage = prepare(PATIENT)
    fault_proxy.add("GET", "/a$", "slow:0.2")

    assert storage.read_object("a") == b"old"


def test_an_object_whose_creator_lost_the_reply_is_written_once(
    prepare, fault_proxy, s3_environment
):
    import boto3

    storage = prepare(PATIENT)
    fault_proxy.add("PUT", "/new$", "lost")

    assert storage.create_object("new", b"newer")

    assert fault_proxy.struck == 1
    client = boto3.client("s3")
    versions = client.list_object_versions(
        Bucket=storage.uri.split("/")[2], Prefix="portfolio/new"
    )["Versions"]
    client.close()
    assert len(versions) == 1


@pytest.mark.parametrize("verb", ["create", "write"])
def test_parts_that_were_joined_before_the_reply_was_lost_are_ours(prepare, fault_proxy, verb):
    storage = prepare(PATIENT)
    fault_proxy.add("POST", "uploadId=", "lost")
    fault_proxy.add("POST", "uploadId=", "404")  # S3's answer about an upload that is finished

    if verb == "create":
        assert storage.create_object("new", BIG)
    else:
        storage.write_object("new", BIG)

    assert fault_proxy.struck == 2
    assert list_sizes(storage) == NEW_BIG


def test_a_write_whose_upload_was_taken_away_is_sent_again(prepare, fault_proxy):
    storage = prepare(PATIENT)
    fault_proxy.add("POST", "uploadId=", "404")

    storage.write_object("new", BIG)

    assert fault_proxy.struck == 1
    assert list_sizes(storage) == NEW_BIG


def test_a_flipped_bit_in_an_object_of_many_parts_is_caught_by_our_own_digest(
    prepare, fault_proxy, tmp_path
):
    storage = prepare(PATIENT)
    storage.write_object("new", BIG)
    fault_proxy.add("GET", "/new$", "flipped")

    assert storage.fetch_object("new", tmp_path).path.read_bytes() == BIG

    fault_proxy.add("GET", "/new$", "flipped", times=1000)
    with pytest.raises(ServiceError, match="another digest"):
        storage.fetch_object("new", tmp_path)


def test_an_unknown_error_is_quoted(prepare, fault_proxy):
    storage = prepare(PATIENT)
    fault_proxy.add("GET", "/a$", "400")

    with pytest.raises(ServiceError, match=r"SomethingNew.*planted"):
        storage.read_object("a")


def test_an_object_that_another_client_created_meanwhile_is_not_taken_for_ours(
    prepare, fault_proxy
):
    storage = prepare(PATIENT)
    other = S3Storage(storage.uri.split("/")[2], "portfolio", policy=PATIENT)
    fault_proxy.add("PUT", "/new$", "reset", skip=1)
    other.create_object("new", b"theirs")

    assert not storage.create_object("new", b"ours")

    assert fault_proxy.struck == 1
    assert storage.read_object("new") == b"theirs"
    other.close()


def test_a_failed_upload_leaves_no_parts_to_pay_for(prepare, fault_proxy):
    import boto3

    storage = prepare(PATIENT)
    fault_proxy.add("PUT", "partNumber=2", "403")

    with pytest.raises(ServiceError, match="access denied"):
        storage.create_object("new", BIG)

    client = boto3.client("s3")
    assert "Uploads" not in client.list_multipart_uploads(Bucket=storage.uri.split("/")[2])
    client.close()


def test_a_store_that_cannot_write_conditionally_is_reported(prepare, fault_proxy):
    storage = prepare(PATIENT)
    fault_proxy.add("PUT", "/new$", "501")

    with pytest.raises(ServiceError, match="If-None-Match"):
        storage.create_object("new", b"newer")


@each_act
def test_a_missing_bucket_is_bad_usage(s3_environment, quick_s3_clients, tmp_path, act):
    storage = S3Storage("no-such-bucket", "x", policy=PATIENT)
    SEEN[storage.uri] = None

    with pytest.raises(InputError, match="no such bucket") as caught:
        act.run(storage, tmp_path)

    assert caught.value.exit_code == 2
    assert str(caught.value).count("\n") == 0
    storage.close()
    SEEN.clear()


@pytest.mark.parametrize(
    ("variables", "error", "found"),
    [
        (
            {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
            ServiceError,
            "no usable credentials",
        ),
        ({"AWS_SECRET_ACCESS_KEY": None}, ServiceError, "no usable credentials"),
        ({"AWS_PROFILE": "nobody"}, ServiceError, "no usable credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, ServiceError, "no connection"),
        ({"AWS_ENDPOINT_URL": "http://no-such-host.invalid"}, ServiceError, "no connection"),
        ({"AWS_ENDPOINT_URL": "localhost:9000"}, InputError, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "https://{proxy}"}, ServiceError, "no connection"),
        ({"AWS_DEFAULT_REGION": "no such region"}, InputError, "region"),
    ],
    ids=[
        "no credentials",
        "half of them",
        "no profile",
        "no port",
        "no host",
        "no scheme",
        "no TLS",
        "no region",
    ],
)
def test_a_wrong_environment_is_reported_in_one_line(
    fault_proxy, quick_s3_clients, monkeypatch, variables, error, found
):
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(
                name, value.format(proxy=fault_proxy.address.removeprefix("http://"))
            )
    storage = S3Storage("some-bucket", policy=S3Policy(attempt_count=2, connect_timeout_seconds=2))

    with pytest.raises(error, match=found) as caught:
        list(storage.list_objects(""))

    assert type(caught.value) is error
    assert "\n" not in str(caught.value)
    assert "test-secret" not in str(caught.value)
    storage.close()


def test_there_are_no_options_without_credentials(s3_environment, quick_s3_clients, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    storage = S3Storage("some-bucket")

    with pytest.raises(ServiceError, match="no usable credentials"):
        storage.options()

    storage.close()


@pytest.mark.parametrize("fault", ["403", "expired"])
def test_the_remedy_says_where_credentials_come_from(prepare, fault_proxy, fault):
    storage = prepare(PATIENT)
    fault_proxy.add("GET", "list-type", fault)

    with pytest.raises(ServiceError, match=r"s3:GetObject|AWS_ACCESS_KEY_ID"):
        list(storage.list_objects(""))


def test_opening_a_storage_imports_no_boto3():
    script = (
        "import sys, credit_default.adapters.storage.open_storage as stores\n"
        "stores.open_storage('s3://some-bucket/x')\n"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )

    assert (
        subprocess.run([sys.executable, "-c", script], env=dict(os.environ), check=False).returncode
        == 0
    )


def test_a_storage_opened_by_its_uri_goes_through_the_variables(s3_uri, fault_proxy):
    storage = open_storage(s3_uri)
    fault_proxy.add("PUT", "/a$", "403")

    with pytest.raises(ServiceError, match="access denied"):
        storage.write_object("a", b"1")

    storage.close()
