import datetime as dt

import pytest

from credit_default.errors import InputError
from credit_default.services.intake.file_preview import preview_file

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


def test_a_file_of_the_future_is_refused_as_ingest_refuses_it(wiring, month_rows, tmp_path):
    month_rows.head(50).write_csv(tmp_path / "rows.csv")
    before = dt.datetime(2005, 1, 1, tzinfo=dt.UTC)

    with pytest.raises(InputError, match="2005-09"):
        preview_file(wiring, str(tmp_path / "rows.csv"), month=None, now=before)


def test_the_preview_of_rows_with_outcomes_counts_them(wiring, month_rows, tmp_path):
    rows = month_rows.head(80)
    rows.write_csv(tmp_path / "rows.csv")

    summary = preview_file(wiring, str(tmp_path / "rows.csv"), month=None, now=NOON)

    assert summary.counts["defaulted"] == rows["defaulted"].sum()
    assert summary.counts["defaulted"] + summary.counts["paid"] == 80
    assert summary.months == {"2005-09": 80}
