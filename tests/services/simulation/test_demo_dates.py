import datetime as dt

import polars as pl
import pytest

from credit_default.services.simulation.demo_dates import date_back

NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
ROWS = pl.DataFrame({"client_id": ["a", "b"], "statement_month": ["2025-11", "2025-12"]})


def test_rows_of_a_recent_file_are_moved_back_until_the_outcomes_after_them_are_due():
    dated = date_back(ROWS, later_months=6, now=NOW)

    assert dated.rows["statement_month"].to_list() == ["2025-04", "2025-05"]
    assert dated.notes == (
        "all months are dated 7 months back, so that their outcomes are due by now",
    )


@pytest.mark.parametrize("later_months", [-1, -2])
def test_rows_whose_later_months_are_over_stay_as_they_are(later_months):
    dated = date_back(ROWS, later_months=later_months, now=NOW)

    assert dated.rows.equals(ROWS)
    assert dated.notes == ()
