import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from credit_default.errors import InputError
from credit_default.model.features.column_arrays import read_columns

VALUES = {"age": [30, 41, 52], "credit_limit": [1e5, 2.5e5, 5e4], "name": ["x", "y", "z"]}


@pytest.mark.parametrize(
    "rows",
    [
        pl.DataFrame(VALUES),
        pd.DataFrame(VALUES),
        pd.DataFrame(VALUES).iloc[:, ::-1],
        pd.DataFrame(VALUES).astype({"age": "Int64"}),
        pa.table(VALUES),
        pa.RecordBatch.from_pydict(VALUES),
        {name: np.array(values) for name, values in VALUES.items()},
        pl.DataFrame(VALUES)[::-1][::-1],
    ],
    ids=["polars", "pandas", "reversed", "nullable", "table", "batch", "mapping", "strided"],
)
def test_every_kind_of_frame_gives_the_same_columns(rows):
    columns = read_columns(rows, ["credit_limit", "age"])

    assert list(columns) == ["credit_limit", "age"]
    assert columns["age"].tolist() == [30.0, 41.0, 52.0]
    assert columns["credit_limit"].tolist() == [1e5, 2.5e5, 5e4]
    assert all(
        column.dtype == np.float64 and column.flags.c_contiguous for column in columns.values()
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (np.ones((3, 2)), "without column names"),
        ([[1.0, 2.0]], "without column names"),
        (pl.DataFrame({"credit_limit": [1.0]}), "no column 'age'"),
        (pl.DataFrame({"age": ["30"]}), "values"),
        (pl.DataFrame({"age": [True]}), "bool values"),
        (pl.DataFrame({"age": [30, None]}), "1 values that are missing or infinite, at rows 1"),
        (pd.DataFrame({"age": [30.0, np.nan]}), "1 values that are missing"),
        (pd.DataFrame({"age": pd.array([30, None], dtype="Int64")}), "values"),
        (pa.table({"age": pa.array([None, 1.0])}), "at rows 0"),
        ({"age": [1.0, np.inf]}, "missing or infinite"),
        ({"age": [[1.0], [2.0]]}, "2 dimensions"),
        (pd.DataFrame([[1.0, 2.0]], columns=["age", "age"]), "more than once"),
        (pa.Table.from_arrays([pa.array([1.0])] * 2, names=["age", "age"]), "more than once"),
    ],
)
def test_what_cannot_be_read_by_name_as_numbers_is_refused(rows, found):
    with pytest.raises(InputError, match=found):
        read_columns(rows, ["age"])


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match=r"columns of \[1, 2\] values"):
        read_columns({"age": [1.0], "credit_limit": [1.0, 2.0]}, ["age", "credit_limit"])


def test_at_most_five_faulty_rows_are_named_and_all_are_counted():
    with pytest.raises(InputError) as caught:
        read_columns({"age": [np.nan] * 7 + [1.0]}, ["age"])

    assert "found 7 values that are missing or infinite, at rows 0, 1, 2, 3, 4;" in str(
        caught.value
    )


def test_a_column_without_any_value_is_missing_throughout_where_it_may_be_and_refused_elsewhere():
    rows = pd.DataFrame({"age": [None, None]}, dtype=object)

    assert np.isnan(read_columns(rows, ["age"], optional=["age"])["age"]).all()
    with pytest.raises(InputError, match="found object values"):
        read_columns(rows, ["age"])
    with pytest.raises(InputError, match="found object values"):
        read_columns(rows.assign(age=[None, "x"]), ["age"], optional=["age"])


def test_what_may_be_missing_may_still_not_be_infinite():
    found = read_columns({"age": [1.0, np.nan]}, ["age"], optional=["age"])["age"]
    assert np.isnan(found[1])
    with pytest.raises(InputError, match="found 1 values that are missing or infinite, at rows 1"):
        read_columns({"age": [np.nan, -np.inf]}, ["age"], optional=["age"])


def test_all_missing_columns_are_named_and_no_row_is_a_row_too():
    with pytest.raises(InputError, match="found no column 'b', 'c'; expected all 3 columns"):
        read_columns({"a": [1.0]}, ["a", "b", "c"])
    assert read_columns({"a": np.empty(0)}, ["a"])["a"].shape == (0,)
    with pytest.raises(InputError, match="2 dimensions"):
        read_columns({"a": np.ones((2, 1))}, ["a"])
