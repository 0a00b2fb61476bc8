import datetime as dt
import json

import polars as pl
import pytest

from credit_default.adapters.files.sources import Source
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.lake.snapshot_record import SnapshotOrigin
from credit_default.adapters.lake.snapshots import (
    has_snapshot,
    list_snapshots,
    read_snapshot,
    read_snapshot_rows,
    rewrite_snapshot,
    write_snapshot,
)
from credit_default.errors import ArtifactError, InputError
from credit_default.failpoints import armed_failpoint

DIGEST = "ab" * 8
RECORD = f"snapshots/{DIGEST}/snapshot.json"
SOURCE = Source("file:///march.csv", "cd" * 32, 5, None)


NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(params=["folder", "bucket"])
def lake(request, tmp_path):
    if request.param == "folder":
        return open_lake(tmp_path / "lake")
    return open_lake(request.getfixturevalue("s3_uri"), home=tmp_path / "home")


def frame(first, count):
    return pl.DataFrame(
        {"client_id": [f"c{i}" for i in range(first, first + count)], "age": [30] * count}
    )


def write(lake, frames, *, digest=DIGEST, kept_at=NOON):
    origin = SnapshotOrigin(SOURCE, "march.csv", "credit-card", "1", "real", kept_at)
    return write_snapshot(lake, frames, digest=digest, origin=origin)


def keys(lake):
    return [stored.key for stored in lake.storage.list_objects("snapshots/")]


def test_a_snapshot_comes_back_with_its_source_and_rows_in_order(lake):
    written = write(lake, [frame(0, 3), frame(3, 2)])

    found = read_snapshot(lake, DIGEST)
    assert found == written
    assert found.source == SOURCE
    assert (found.row_count, found.origin.schema_name, found.origin.data_origin) == (
        5,
        "credit-card",
        "real",
    )
    assert has_snapshot(lake, DIGEST)
    assert not has_snapshot(lake, "cd" * 8)
    assert pl.concat(list(read_snapshot_rows(found))).equals(frame(0, 5))


def test_rows_come_in_frames_of_the_size_asked_for(lake):
    snapshot = write(lake, [frame(0, 5)])

    assert [rows.height for rows in read_snapshot_rows(snapshot, batch_rows=2)] == [2, 2, 1]


def test_the_same_digest_twice_is_one_snapshot_and_reads_nothing(lake):
    first = write(lake, [frame(0, 3)])

    def unread():
        pytest.fail("the frames were read")
        yield

    assert write(lake, unread()) == first


def test_a_reader_that_fails_half_way_leaves_nothing(lake):
    def failing():
        yield frame(0, 3)
        raise InputError("file", found="an end", expected="more", remedy="Send it again.")

    with pytest.raises(InputError, match="found an end"):
        write(lake, failing())

    assert keys(lake) == []


def test_a_snapshot_of_no_rows_is_refused_and_leaves_nothing(lake):
    with pytest.raises(InputError, match="no accepted row"):
        write(lake, [])

    assert keys(lake) == []


def test_an_unknown_digest_is_an_error_with_how_many_there_are(lake):
    with pytest.raises(InputError, match="found no snapshot"):
        read_snapshot(lake, DIGEST)
    write(lake, [frame(0, 1)])

    with pytest.raises(InputError, match="found 1 other snapshots"):
        read_snapshot(lake, "cd" * 8)


def test_snapshots_are_listed_the_oldest_first(lake):
    assert list_snapshots(lake) == ()
    write(lake, [frame(0, 1)], digest="ab" * 8, kept_at=NOON + dt.timedelta(days=1))
    write(lake, [frame(0, 2)], digest="cd" * 8)

    assert [snapshot.digest for snapshot in list_snapshots(lake)] == ["cd" * 8, "ab" * 8]


def test_a_flipped_bit_in_the_rows_is_noticed(lake):
    snapshot = write(lake, [frame(0, 2000)])
    content = bytearray(lake.storage.read_object(snapshot.rows_key))
    content[200] ^= 1
    lake.storage.write_object(snapshot.rows_key, bytes(content))

    with pytest.raises(ArtifactError, match="rows with good checksums"):
        list(read_snapshot_rows(snapshot))


def test_rows_that_are_fewer_than_recorded_are_noticed(lake):
    write(lake, [frame(0, 5)])
    content = json.loads(lake.storage.read_object(RECORD))
    lake.storage.write_object(RECORD, json.dumps({**content, "row_count": 6}).encode())

    with pytest.raises(ArtifactError, match="found 5 rows; expected 6 rows"):
        list(read_snapshot_rows(read_snapshot(lake, DIGEST)))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"source": {"evil": 1}}'])
def test_a_record_of_another_shape_is_refused(lake, content):
    write(lake, [frame(0, 1)])
    lake.storage.write_object(RECORD, content.encode())

    with pytest.raises(ArtifactError, match="a record that can't be read"):
        read_snapshot(lake, DIGEST)


def test_a_record_that_names_rows_elsewhere_is_refused(lake):
    write(lake, [frame(0, 1)])
    content = json.loads(lake.storage.read_object(RECORD))
    lake.storage.write_object(
        RECORD, json.dumps({**content, "rows_key": "incoming/other.parquet"}).encode()
    )

    with pytest.raises(ArtifactError, match="rows_key"):
        read_snapshot(lake, DIGEST)


def test_rows_that_are_gone_are_an_error(lake):
    snapshot = write(lake, [frame(0, 1)])
    lake.storage.delete_object(snapshot.rows_key)

    with pytest.raises(ArtifactError, match="found no rows"):
        list(read_snapshot_rows(snapshot))


def test_a_rewritten_snapshot_holds_the_new_rows_and_nothing_of_the_old(lake):
    snapshot = write(lake, [frame(0, 5)])

    kept = rewrite_snapshot(snapshot, [frame(0, 2), frame(3, 2)])

    assert pl.concat(list(read_snapshot_rows(kept)))["client_id"].to_list() == [
        "c0",
        "c1",
        "c3",
        "c4",
    ]
    assert sorted(keys(lake)) == sorted([RECORD, kept.rows_key])
    assert kept.origin == snapshot.origin


def test_a_crash_between_rows_and_record_leaves_no_snapshot_and_a_second_try_completes_it(lake):
    def die():
        raise KeyboardInterrupt

    with armed_failpoint("snapshot.rows-kept", die), pytest.raises(KeyboardInterrupt):
        write(lake, [frame(0, 3)])
    assert not has_snapshot(lake, DIGEST)

    assert write(lake, [frame(0, 3)]).row_count == 3
