import datetime as dt

import polars as pl
from pyarrow import parquet

from credit_default.adapters.delta.file_statistics import collect_statistics


def test_statistics_bound_the_indexed_columns_and_name_no_other(tmp_path):
    moment = dt.datetime(2006, 1, 1, 1, 2, 3, 456_789, tzinfo=dt.UTC)
    frame = pl.DataFrame(
        {
            "client_id": ["a", "b", "c"],
            "decision": ["decline", None, "accept"],
            "model_version": [3, 1, 2],
            "scored_at": [moment] * 3,
        }
    )
    parquet.write_table(frame.to_arrow(), tmp_path / "rows.parquet", row_group_size=1)

    found = collect_statistics(
        parquet.read_metadata(tmp_path / "rows.parquet"),
        ["decision", "model_version", "scored_at"],
    )

    assert found == {
        "numRecords": 3,
        "minValues": {
            "decision": "accept",
            "model_version": 1,
            "scored_at": "2006-01-01T01:02:03.456Z",  # milliseconds, rounded outwards
        },
        "maxValues": {
            "decision": "decline",
            "model_version": 3,
            "scored_at": "2006-01-01T01:02:03.457Z",
        },
        "nullCount": {"decision": 1, "model_version": 0, "scored_at": 0},
    }
