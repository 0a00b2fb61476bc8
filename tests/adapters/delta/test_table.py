import polars as pl
import pyarrow as pa
import pytest

from credit_default.adapters.delta.commits import create_rows, replace_rows
from credit_default.adapters.delta.table import (
    LakeTable,
    has_committed,
    query_rows,
    read_frames,
    scan_rows,
)
from credit_default.errors import ServiceError

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])


@pytest.fixture
def table(tmp_path):
    return LakeTable(str(tmp_path / "table"), SCHEMA)


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def test_scanning_what_was_never_written_gives_no_rows_and_creates_nothing(table, tmp_path):
    assert scan_rows(table).collect().is_empty()
    assert list(read_frames(table, ("key",), predicate="key = 1")) == []
    assert not has_committed(table, "a")
    assert list(tmp_path.iterdir()) == []


def test_frames_hold_the_rows_of_the_predicate_and_the_columns_asked_for(table):
    replace_rows(table, lambda: [frame(1, 10), frame(2, 20), frame(3, 30)], predicate="key < 9")

    found = pl.concat(read_frames(table, ("value", "statement_month"), predicate="key > 1"))

    assert sorted(found.rows()) == [(20, "2005-09"), (30, "2005-09")]


def test_storage_options_are_asked_again_at_each_opening(tmp_path):
    asked = []
    table = LakeTable(
        str(tmp_path / "table"), SCHEMA, storage_options=lambda: asked.append(1) or {}
    )

    replace_rows(table, lambda: [frame(1, 10)], predicate="key = 1")
    once = len(asked)
    query_rows(table, lambda scan: scan)

    assert once > 0
    assert len(asked) > once


def test_only_the_key_that_was_committed_is_there(table):
    create_rows(table, lambda: [frame(1, 10)], key="a", predicate="key = 1")

    assert has_committed(table, "a")
    assert not has_committed(table, "b")


def test_a_place_that_cannot_be_written_is_a_service_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    table = LakeTable(str(tmp_path / "file" / "table"), SCHEMA)

    with pytest.raises(ServiceError, match="a Delta table that can be read and written"):
        replace_rows(table, lambda: [frame(1, 1)], predicate="key = 1")
