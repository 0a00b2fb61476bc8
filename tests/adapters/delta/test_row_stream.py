import errno

import polars as pl
import pyarrow as pa
import pytest

from credit_default.adapters.delta.commits import replace_rows
from credit_default.adapters.delta.table import LakeTable, query_rows
from credit_default.errors import InputError

SCHEMA = pa.schema([("statement_month", pa.string()), ("key", pa.int64()), ("value", pa.int64())])


@pytest.fixture
def table(tmp_path):
    return LakeTable(str(tmp_path / "table"), SCHEMA)


def frame(key, value):
    return pl.DataFrame({"statement_month": ["2005-09"], "key": [key], "value": [value]})


def rows(table):
    return query_rows(table, lambda scan: scan.sort("key", "value").select("key", "value")).rows()


@pytest.mark.parametrize(
    "failure",
    [
        InputError("file", found="an end", expected="more", remedy="x"),
        OSError(errno.EIO, "torn"),
        SystemExit(9),
    ],
)
def test_what_the_stream_raises_reaches_the_caller_as_it_is_and_nothing_is_committed(
    table, failure
):
    replace_rows(table, lambda: [frame(1, 0)], predicate="key = 1")

    def failing():
        yield frame(1, 1)
        raise failure

    with pytest.raises(type(failure)) as raised:
        replace_rows(table, failing, predicate="key = 1")
    assert raised.value is failure
    assert rows(table) == [(1, 0)]
