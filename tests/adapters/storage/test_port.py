"""The guarantees of the storage port, tested on a folder and on a bucket alike; then what only one of them does."""

import datetime as dt
import errno
import gc
import os
import resource
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.fakes.forked import run_forked

from credit_default.adapters.storage.folder import FolderStorage
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.storage.s3 import S3Storage
from credit_default.adapters.storage.s3_client import S3Policy
from credit_default.errors import InputError, ServiceError
from credit_default.failpoints import armed_failpoint

pytestmark = pytest.mark.usefixtures("quick_s3_clients")
SMALL_PARTS = S3Policy(part_byte_count=5 * 1024 * 1024)
BIG = bytes(range(256)) * 4096 * 11  # 11 MiB: three parts


@pytest.fixture(params=["folder", "s3"])
def storage(request, tmp_path):
    if request.param == "folder":
        yield FolderStorage(tmp_path / "lake")
        return
    bucket, _, prefix = request.getfixturevalue("s3_uri").removeprefix("s3://").partition("/")
    storage = S3Storage(bucket, prefix, policy=SMALL_PARTS)
    yield storage
    storage.close()


@pytest.fixture
def s3(s3_uri):
    bucket, _, prefix = s3_uri.removeprefix("s3://").partition("/")
    storage = S3Storage(bucket, prefix, policy=SMALL_PARTS)
    yield storage
    storage.close()


def keys(storage, prefix=""):
    return [stored.key for stored in storage.list_objects(prefix)]


def test_an_object_is_created_once(storage):
    assert storage.create_object("a/b.csv", b"first")
    assert not storage.create_object("a/b.csv", b"second")

    assert storage.read_object("a/b.csv") == b"first"
    assert keys(storage) == ["a/b.csv"]


def test_of_eight_runners_who_create_the_same_object_one_wins(storage):
    start = threading.Barrier(8)

    def create(runner):
        start.wait()
        return storage.create_object("race", b"%d" % runner)

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(8)))

    assert won.count(True) == 1
    assert storage.read_object("race") == b"%d" % won.index(True)


def test_what_is_not_there_is_none(storage, tmp_path):
    assert storage.find_object("a/b") is None
    assert storage.read_object("a/b") is None
    assert storage.fetch_object("a/b", tmp_path / "scratch") is None
    assert keys(storage) == []


def test_an_object_is_described_by_size_time_and_token(storage):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)

    storage.write_object("a", b"12345")

    stored = storage.find_object("a")
    assert (stored.key, stored.byte_count) == ("a", 5)
    assert before < stored.modified_at < before + dt.timedelta(minutes=2)
    (listed,) = storage.list_objects("")
    assert (listed.key, listed.byte_count, listed.token) == ("a", 5, stored.token)


def test_the_token_changes_when_the_content_is_written_again(storage):
    storage.write_object("a", b"old")
    old = storage.find_object("a")

    storage.write_object("a", b"new")

    assert storage.find_object("a").token != old.token


def test_writing_replaces_the_whole_content(storage):
    storage.write_object("a", b"a long first content")
    storage.write_object("a", b"short")

    assert storage.read_object("a") == b"short"


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 1000, BIG], ids=["empty", "small", "in parts"]
)
@pytest.mark.parametrize("as_file", [False, True], ids=["bytes", "file"])
def test_content_comes_back_as_it_was_written(storage, tmp_path, content, as_file):
    source = tmp_path / "source"
    source.write_bytes(content)
    given = source if as_file else content

    assert storage.create_object("created", given)
    assert not storage.create_object("created", given)
    storage.write_object("deep/written", given)

    assert storage.read_object("created") == content
    if isinstance(storage, S3Storage) and content is BIG:
        assert storage.find_object("created").token.endswith("-3")
    fetched = storage.fetch_object("deep/written", tmp_path / "scratch")
    assert fetched.path.name == "written"
    assert fetched.path.read_bytes() == content
    assert fetched.stored == storage.find_object("deep/written")
    assert source.read_bytes() == content


def test_a_missing_file_is_reported_and_nothing_is_written(storage, tmp_path):
    with pytest.raises(ServiceError, match="No such file"):
        storage.create_object("a", tmp_path / "gone")
    with pytest.raises(ServiceError, match="No such file"):
        storage.write_object("a", tmp_path / "gone")

    assert keys(storage) == []


def test_objects_are_listed_by_key_below_a_prefix(storage):
    for key in ("b", "a/z", "a.txt", "a/b/c", "ab", "incoming/x.csv"):
        storage.write_object(key, b"1")

    assert keys(storage) == ["a.txt", "a/b/c", "a/z", "ab", "b", "incoming/x.csv"]
    assert keys(storage, "a") == ["a.txt", "a/b/c", "a/z", "ab"]
    assert keys(storage, "a/") == ["a/b/c", "a/z"]
    assert keys(storage, "a/b") == ["a/b/c"]
    assert keys(storage, "nothing/") == []


def test_hidden_objects_are_kept_but_not_listed(storage):
    storage.write_object(".hidden", b"1")
    storage.write_object("a/.staging-1/b", b"2")
    storage.write_object("a/seen", b"3")

    assert keys(storage) == ["a/seen"]
    assert keys(storage, "a/.staging-1/") == []
    assert storage.read_object("a/.staging-1/b") == b"2"


NAMES = ["März 2005 – Karten.csv", "a b/c+d%20e&f=g.csv", "=1+1|x'\".csv", "数据/批.csv", "a?b#c"]


def test_names_of_any_script_come_back_as_they_were_given(storage, tmp_path):
    for key in NAMES:
        assert storage.create_object(key, key.encode())

    assert keys(storage) == sorted(NAMES)
    for stored in list(storage.list_objects("")):
        assert storage.read_object(stored.key) == stored.key.encode()
        assert (
            storage.fetch_object(stored.key, tmp_path / "s").path.name
            == stored.key.rpartition("/")[2]
        )
        assert storage.move_object(stored, f"processed/{stored.key}")
    assert keys(storage) == [f"processed/{key}" for key in sorted(NAMES)]


HOSTILE = [
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a//b",
    "a/",
    ".",
    "a\\b",
    "a\nb",
    "\x1b[2J",
    "a\udcffb",
    "x" * 256,
    "x/" * 600 + "x",
]


def test_a_hostile_key_is_refused_by_every_method(storage, tmp_path):
    storage.write_object("fine", b"1")
    fine = storage.find_object("fine")
    acts = (
        storage.find_object,
        storage.read_object,
        storage.delete_object,
        lambda key: storage.fetch_object(key, tmp_path / "scratch"),
        lambda key: storage.create_object(key, b""),
        lambda key: storage.write_object(key, b""),
        lambda key: storage.move_object(fine, key),
    )

    for key in HOSTILE:
        for act in acts:
            with pytest.raises(InputError, match="key"):
                act(key)

    assert keys(storage) == ["fine"]


def test_a_hostile_prefix_lists_nothing_outside(storage):
    with pytest.raises(InputError, match="key"):
        list(storage.list_objects("../"))


def test_an_object_moves_with_its_content(storage):
    storage.write_object("incoming/a.csv", b"rows")
    seen = storage.find_object("incoming/a.csv")

    assert storage.move_object(seen, "processed/1-a.csv")

    assert keys(storage) == ["processed/1-a.csv"]
    assert storage.read_object("processed/1-a.csv") == b"rows"


def test_moving_again_changes_nothing(storage):
    storage.write_object("a", b"rows")
    seen = storage.find_object("a")

    assert storage.move_object(seen, "b")
    assert storage.move_object(seen, "b")
    assert storage.move_object(storage.find_object("b"), "b")

    assert keys(storage) == ["b"]


def test_an_object_written_again_does_not_move(storage):
    storage.write_object("a", b"old")
    seen = storage.find_object("a")
    storage.write_object("a", b"new")

    assert not storage.move_object(seen, "b")

    assert keys(storage) == ["a"]
    assert storage.read_object("a") == b"new"


def test_an_object_that_is_in_neither_place_does_not_move(storage):
    storage.write_object("a", b"rows")
    seen = storage.find_object("a")
    storage.delete_object("a")

    assert not storage.move_object(seen, "b")


def test_an_object_written_again_while_it_moves_stays(storage):
    storage.write_object("a", b"old")
    seen = storage.find_object("a")

    with armed_failpoint("move.copied", lambda: storage.write_object("a", b"new")):
        storage.move_object(seen, "b")

    assert storage.read_object("a") == b"new"
    assert storage.read_object("b") == b"old"
    assert keys(storage) == ["a", "b"]


def test_a_move_that_died_half_way_is_finished_by_the_next(storage):
    def die():
        raise KeyboardInterrupt

    storage.write_object("a", b"rows")
    seen = storage.find_object("a")
    with pytest.raises(KeyboardInterrupt), armed_failpoint("move.copied", die):
        storage.move_object(seen, "b")
    assert storage.read_object("a") == b"rows"

    assert storage.move_object(seen, "b")

    assert keys(storage) == ["b"]
    assert storage.read_object("b") == b"rows"


def test_of_eight_runners_who_move_the_same_object_none_fails(storage):
    storage.write_object("a", b"rows")
    seen = storage.find_object("a")
    start = threading.Barrier(8)

    def move(_):
        start.wait()
        return storage.move_object(seen, "b")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(move, range(8))) == [True] * 8

    assert keys(storage) == ["b"]
    assert storage.read_object("b") == b"rows"


def test_deleting_again_changes_nothing(storage):
    storage.write_object("a/b", b"1")

    storage.delete_object("a/b")
    storage.delete_object("a/b")
    storage.delete_object("never/was")

    assert storage.find_object("a/b") is None
    assert keys(storage) == []


def test_opening_and_reading_create_nothing(tmp_path):
    storage = open_storage(str(tmp_path / "lake"))

    assert storage.find_object("a") is None
    assert list(storage.list_objects("incoming/")) == []
    assert storage.uri == str(tmp_path / "lake")
    assert storage.options() == {}
    assert not (tmp_path / "lake").exists()


def test_a_link_in_the_folder_shows_nothing_from_outside(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    storage = FolderStorage(tmp_path / "lake")
    storage.write_object("fine", b"1")
    (storage.root / "link").symlink_to(tmp_path / "outside" / "secret")
    (storage.root / "folder").symlink_to(tmp_path / "outside")

    assert keys(storage) == ["fine"]
    for act in (
        lambda: storage.read_object("link"),
        lambda: storage.find_object("folder/secret"),
        lambda: storage.write_object("folder/new", b"1"),
        lambda: storage.delete_object("folder/secret"),
    ):
        with pytest.raises(InputError, match="found a link"):
            act()
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]


def test_a_pipe_in_the_folder_is_no_object(tmp_path):
    storage = FolderStorage(tmp_path)
    os.mkfifo(tmp_path / "pipe")

    assert storage.read_object("pipe") is None
    assert keys(storage) == []


def test_a_folder_without_hard_links_keeps_the_same_promises(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    storage = FolderStorage(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda runner: storage.create_object("a", b"%d" % runner), range(8)))
    seen = storage.find_object("a")

    assert won.count(True) == 1
    assert storage.read_object("a") == b"%d" % won.index(True)
    assert storage.move_object(seen, "b")
    assert storage.move_object(seen, "b")
    storage.write_object("a", b"new")
    assert not storage.move_object(seen, "b")
    assert keys(storage) == ["a", "b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_that_cannot_be_written_is_reported_in_one_line(tmp_path):
    (tmp_path / "lake").write_text("a file")
    storage = FolderStorage(tmp_path / "lake")

    with pytest.raises(ServiceError, match="folder lake at") as caught:
        storage.create_object("a", b"1")

    assert caught.value.exit_code == 3
    assert storage.find_object("a") is None


def test_a_file_time_beyond_datetime_is_still_listed(tmp_path):
    storage = FolderStorage(tmp_path)
    storage.write_object("a", b"1")
    os.utime(tmp_path / "a", (0, 2**33))

    assert keys(storage) == ["a"]


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("s3://", "bucket name ''"),
        ("s3://ab/x", "bucket name 'ab'"),
        ("s3://Upper/x", "bucket name"),
        ("s3://a..b", "bucket name"),
        ("s3://under_score", "bucket name"),
        ("s3://192.168.0.1/x", "bucket name"),
        ("s3://xn--bucket", "bucket name"),
        ("s3://bucket-s3alias", "bucket name"),
        ("s3://user:secret@bucket/x", "bucket name"),
        ("s3://bucket/a//b", "key"),
        ("s3://bucket/../b", "key"),
        ("s3://bucket/pre%20fix", "prefix"),
        ("s3://bucket/pre\tfix", "prefix"),
        ("s3://bucket/" + "x" * 121, "prefix"),
        ("s3:/bucket/x", "one slash"),
        ("gs://bucket/x", "neither"),
        ("https://example.org", "neither"),
        ("", "neither"),
        ("a\0b", "neither"),
    ],
)
def test_a_uri_that_names_no_storage_is_refused(uri, found):
    with pytest.raises(InputError, match=found) as caught:
        open_storage(uri)

    assert caught.value.exit_code == 2


def test_a_file_where_the_lake_should_be_is_refused(tmp_path):
    (tmp_path / "lake").write_text("a file")

    with pytest.raises(InputError, match="found a file"):
        open_storage(str(tmp_path / "lake"))


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://my.bucket-1/a/b_c=d/", "s3://my.bucket-1/a/b_c=d"),
        ("/srv/lake/", "/srv/lake"),
    ],
)
def test_a_storage_gives_its_uri_without_a_slash_at_the_end(uri, expected):
    assert open_storage(uri).uri == expected


def test_a_bucket_without_a_prefix_is_a_storage_too(s3_uri):
    storage = open_storage(s3_uri.rpartition("/")[0])

    assert storage.create_object("a", b"1")

    assert keys(storage) == ["a"]
    storage.close()


def test_a_storage_that_is_not_closed_raises_no_warning(s3_uri):
    storage = open_storage(s3_uri)
    storage.write_object("a", b"1")

    del storage
    gc.collect()


def test_the_version_names_the_content_that_was_fetched(s3, tmp_path):
    s3.write_object("a", b"first")
    first = s3.fetch_object("a", tmp_path)
    s3.write_object("a", b"second")

    second = s3.fetch_object("a", tmp_path)

    assert first.stored.version not in {None, second.stored.version}
    assert first.path.read_bytes() == b"first"
    assert second.path.read_bytes() == b"second"


def test_what_a_console_calls_a_folder_is_no_object(s3, s3_client):
    s3_client.put_object(Bucket=s3.uri.split("/")[2], Key="portfolio/incoming/", Body=b"")

    assert keys(s3) == []


def test_an_object_of_another_program_is_read_and_moved(s3, s3_client, tmp_path):
    s3_client.put_object(Bucket=s3.uri.split("/")[2], Key="portfolio/incoming/a.csv", Body=b"rows")
    (stored,) = s3.list_objects("incoming/")

    assert s3.fetch_object("incoming/a.csv", tmp_path).path.read_bytes() == b"rows"
    assert s3.move_object(stored, "processed/a.csv")
    assert keys(s3) == ["processed/a.csv"]


def test_more_objects_than_a_page_are_all_listed(s3_uri):
    storage = S3Storage(s3_uri.split("/")[2], policy=S3Policy(page_object_count=2))
    for number in range(5):
        storage.write_object(f"incoming/{number}", b"")

    assert keys(storage, "incoming/") == [f"incoming/{number}" for number in range(5)]
    storage.close()


def test_an_object_too_large_for_one_copy_moves_in_parts(s3_uri, s3_client):
    bucket = s3_uri.split("/")[2]
    part = 5 * 1024 * 1024
    storage = S3Storage(bucket, policy=S3Policy(copy_byte_count=part, copy_part_byte_count=part))
    storage.write_object("a", BIG)
    seen = storage.find_object("a")

    assert storage.move_object(seen, "b")

    assert keys(storage) == ["b"]
    assert storage.read_object("b") == BIG
    assert s3_client.head_object(Bucket=bucket, Key="b")["Metadata"].keys() == {"attempt", "sha256"}
    assert s3_client.head_object(Bucket=bucket, Key="b")["ETag"].endswith('-3"')
    storage.close()


def test_a_bucket_without_versions_keeps_the_same_promises(s3_environment, s3_client):
    s3_client.create_bucket(
        Bucket="plain-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    storage = S3Storage("plain-bucket")
    storage.write_object("a", b"rows")
    seen = storage.find_object("a")

    assert seen.version is None
    assert storage.move_object(seen, "b")
    assert storage.move_object(seen, "b")
    assert keys(storage) == ["b"]
    storage.close()


def test_a_file_that_grows_while_it_is_sent_is_not_kept(s3, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(BIG)

    with (
        pytest.raises(ServiceError, match="a change while it was being sent"),
        armed_failpoint("upload.begun", lambda: source.write_bytes(BIG[::-1])),
    ):
        s3.create_object("a", source)

    assert keys(s3) == []


@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)  # that is the claim
def test_a_forked_process_opens_its_own_connection(s3):
    s3.write_object("a", b"1")

    def read():
        assert s3.read_object("a") == b"1"
        assert s3._connection._process_id == os.getpid()

    assert run_forked(read) == 0
    assert s3.read_object("a") == b"1"


def test_delta_and_polars_reach_the_bucket_by_the_options(s3):
    import deltalake
    import polars as pl

    table = f"{s3.uri}/tables/scores"

    deltalake.write_deltalake(
        table, pl.DataFrame({"a": [1, 2]}), storage_options=dict(s3.options())
    )

    assert pl.scan_delta(table, storage_options=dict(s3.options())).collect()["a"].to_list() == [
        1,
        2,
    ]
    assert any("_delta_log/" in key for key in keys(s3, "tables/"))


def test_the_options_carry_the_credentials_of_the_chain(s3, s3_environment, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "test-token")

    options = s3.options()

    assert options == {
        "aws_access_key_id": "test-key",
        "aws_secret_access_key": "test-secret",
        "aws_session_token": "test-token",
        "aws_region": "eu-central-1",
        "aws_endpoint": s3_environment,
        "aws_allow_http": "true",
        "retry_timeout": "150s",
        "timeout": "30s",
        "connect_timeout": "5s",
    }


def test_on_aws_itself_the_options_name_the_buckets_region_and_no_endpoint(
    s3_environment, monkeypatch
):
    import moto

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with moto.mock_aws():
        import boto3

        client = boto3.client("s3", region_name="ap-south-1")
        client.create_bucket(
            Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
        )
        client.close()
        storage = S3Storage("far-away")
        options = storage.options()
        storage.close()

    assert options["aws_region"] == "ap-south-1"
    assert not options.keys() & {"aws_endpoint", "aws_allow_http", "aws_session_token"}


def test_the_options_name_the_bucket_in_the_host_where_the_profile_asks_for_it(
    s3_environment, monkeypatch, tmp_path
):
    config = tmp_path / "config"
    config.write_text("[default]\ns3 =\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://store.example.org")
    storage = S3Storage("some-bucket")

    options = storage.options()

    assert options["aws_endpoint"] == "https://some-bucket.store.example.org"
    assert options["aws_virtual_hosted_style_request"] == "true"
    assert options["aws_allow_http"] == "false"
    storage.close()


@pytest.fixture
def full_disk():
    """A disk on which no file grows beyond a thousand bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, previous)


def test_a_full_disk_leaves_the_old_state(tmp_path, full_disk):
    storage = FolderStorage(tmp_path)
    storage.write_object("a", b"old")

    for act in (storage.create_object, storage.write_object):
        for content in (b"x" * 5000, Path(__file__)):
            with pytest.raises(ServiceError, match="File too large") as caught:
                act("a" if act == storage.write_object else "new", content)
            assert caught.value.exit_code == 3

    assert storage.read_object("a") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_full_scratch_disk_is_reported_and_nothing_is_left_on_it(s3, tmp_path, full_disk):
    s3.write_object("a", b"x" * 5000)

    with pytest.raises(ServiceError, match="scratch folder"):
        s3.fetch_object("a", tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def s3_client(s3_environment):
    import boto3

    client = boto3.client("s3", endpoint_url=s3_environment)
    yield client
    client.close()
