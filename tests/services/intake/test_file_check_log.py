import datetime as dt
import logging

import polars as pl
import pytest

from credit_default.errors import RefusedError
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.ingest import ingest_file

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


def test_each_step_of_an_ingest_logs_one_line_without_client_data(
    wiring, month_rows, tmp_path, caplog
):
    rows = month_rows.head(60)
    rows.write_csv(tmp_path / "a.csv")

    with caplog.at_level(logging.INFO, "credit_default"):
        summary = ingest_file(
            wiring, str(tmp_path / "a.csv"), month=None, corrects=None, kept_at=NOON
        )

    lines = [r.getMessage() for r in caplog.records if ".intake." in r.name]
    assert [line.partition(" batch_id=")[0] for line in lines] == [
        "checked file",
        "judged quality",
        "kept rows",
    ]
    assert all(f"batch_id={summary.batch_id}" in line for line in lines)
    assert "row_count=60 rejected_count=0" in lines[0]
    assert not any(client in line for line in lines for client in rows["client_id"])


def test_a_refused_file_is_a_warning(wiring, month_rows, tmp_path, caplog):
    spoilt = month_rows.head(60).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 25).then(9).otherwise("sex")
    )
    spoilt.write_csv(tmp_path / "a.csv")
    checked = check_file(wiring, str(tmp_path / "a.csv"), month=None, outcome="kept")

    with caplog.at_level(logging.INFO, "credit_default"), pytest.raises(RefusedError):
        judge_file(wiring, checked, judged_at=NOON)

    warnings = [r for r in caplog.records if r.levelname == "WARNING"]
    assert [(r.name.rpartition(".")[2], r.getMessage()) for r in warnings] == [
        ("file_check", f"refused file batch_id={checked.batch_id}")
    ]
