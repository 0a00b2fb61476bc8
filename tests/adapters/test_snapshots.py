import json

import polars as pl
import pytest

from credit_default.adapters.files import Source
from credit_default.adapters.lake import open_lake
from credit_default.adapters.snapshots import list_snapshots, read_rows, read_snapshot, write_snapshot
from credit_default.errors import ArtifactError, InputError

DIGEST = "ab" * 8
SOURCE = Source("file:///march.csv", "cd" * 32, 5, None)


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path)


def frame(first, count):
    return pl.DataFrame({"client_id": [f"c{i}" for i in range(first, first + count)], "age": [30] * count})


def write(lake, frames, *, digest=DIGEST):
    return write_snapshot(
        lake, frames, digest=digest, source=SOURCE, schema_name="credit-card", schema_version="1", data_origin="real"
    )


def test_a_snapshot_comes_back_with_its_source_and_rows_in_order(lake):
    written = write(lake, [frame(0, 3), frame(3, 2)])

    found = read_snapshot(lake, DIGEST)
    assert found == written
    assert found.source == SOURCE
    assert (found.row_count, found.schema_name, found.data_origin) == (5, "credit-card", "real")
    assert pl.concat(list(read_rows(found))).equals(frame(0, 5))


def test_rows_come_in_frames_of_the_size_asked_for(lake):
    snapshot = write(lake, [frame(0, 5)])

    assert [rows.height for rows in read_rows(snapshot, batch_rows=2)] == [2, 2, 1]


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

    assert list(lake.snapshots.iterdir()) == []


def test_a_snapshot_of_no_rows_is_refused_and_leaves_nothing(lake):
    with pytest.raises(InputError, match="no accepted row"):
        write(lake, [])

    assert list(lake.snapshots.iterdir()) == []


def test_an_unknown_digest_is_told_with_how_many_there_are(lake):
    with pytest.raises(InputError, match="found no snapshot"):
        read_snapshot(lake, DIGEST)
    write(lake, [frame(0, 1)])

    with pytest.raises(InputError, match="found 1 other snapshots"):
        read_snapshot(lake, "cd" * 8)


def test_snapshots_are_listed_by_digest(lake):
    assert list_snapshots(lake) == ()
    write(lake, [frame(0, 1)], digest="cd" * 8)
    write(lake, [frame(0, 2)], digest="ab" * 8)

    assert [snapshot.digest for snapshot in list_snapshots(lake)] == ["ab" * 8, "cd" * 8]


def test_a_flipped_bit_in_the_rows_is_noticed(lake):
    snapshot = write(lake, [frame(0, 2000)])
    path = snapshot.folder / "rows.parquet"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArtifactError, match="rows with good checksums"):
        list(read_rows(snapshot))


def test_rows_that_are_fewer_than_recorded_are_noticed(lake):
    snapshot = write(lake, [frame(0, 5)])
    record = snapshot.folder / "snapshot.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "row_count": 6}))

    with pytest.raises(ArtifactError, match="found 5 rows; expected 6 rows"):
        list(read_rows(read_snapshot(lake, DIGEST)))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"source": {"evil": 1}}'])
def test_a_record_of_another_shape_is_refused(lake, content):
    snapshot = write(lake, [frame(0, 1)])
    (snapshot.folder / "snapshot.json").write_text(content)

    with pytest.raises(ArtifactError, match="a record that can't be read"):
        read_snapshot(lake, DIGEST)
