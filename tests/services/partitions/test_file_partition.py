from dataclasses import replace

import polars as pl
import pytest

from credit_default.adapters.files.single_files import open_single_file
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.services.partitions.file_partition import FilePartition, cut_part


@pytest.fixture
def part(month_rows, tmp_path):
    path = tmp_path / "part-00000.parquet"
    month_rows.drop("defaulted").head(100).write_parquet(path)
    return open_single_file(path, schema=CREDIT_CARD, month=None)


def test_partitions_of_a_part_hold_its_rows_and_lines_however_they_are_cut_and_read(part):
    whole = pl.concat(part.read_part(batch_rows=100, first_row=40))

    cut = cut_part(part, 100, first_row=40, partition_rows=33)
    halves = [half for partition in cut for half in partition.split()]

    assert [(one.start, one.stop) for one in cut] == [(0, 33), (33, 66), (66, 99), (99, 100)]
    assert pl.concat(rows for one in cut for rows in one.read_rows(batch_rows=7)).equals(whole)
    assert len(halves) == 6  # one row cannot be split
    assert pl.concat(rows for one in halves for rows in one.read_rows()).equals(whole.head(99))


def test_a_part_of_unknown_length_is_one_partition_that_cannot_be_split(part):
    (whole,) = cut_part(part, None, first_row=0, partition_rows=10)

    assert whole.split() == ()
    assert sum(rows.height for rows in whole.read_rows()) == 100


def test_partitions_have_places_of_their_own_that_sort_as_their_rows_do(part):
    cut = [*cut_part(part, 100, first_row=0, partition_rows=9), FilePartition(part, 100, 0, 5)]
    halves = [half for partition in cut for half in partition.split()]

    places = [one.place for one in cut]
    assert places == sorted(places)
    assert not {one.place for one in halves} & set(places)


def test_a_part_that_was_written_to_is_refused_by_who_reads_its_first_rows_too(part):
    pl.read_parquet(part.path).head(99).write_parquet(part.path)

    with pytest.raises(InputError, match="other content than when it was checked"):
        list(FilePartition(part, 0, 0, 10).read_rows())


def test_a_worker_without_the_file_fetches_it_from_the_bucket(part, s3_uri):
    bucket, _, prefix = s3_uri.removeprefix("s3://").partition("/")
    key = f"{prefix}/november/part-00000.parquet".lstrip("/")
    open_storage(f"s3://{bucket}").create_object(key, part.path)
    expected = pl.concat(FilePartition(part, 0, 20, 50).read_rows())
    elsewhere = replace(part, path=part.path.parent / "elsewhere" / part.path.name)
    partition = FilePartition(elsewhere, 0, 20, 50, f"s3://{bucket}/{key}")

    assert pl.concat(partition.read_rows()).equals(expected)

    open_storage(f"s3://{bucket}").write_object(key, b"another object")
    with pytest.raises(InputError, match="other content than when it was checked"):
        list(partition.read_rows())
