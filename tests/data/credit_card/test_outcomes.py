from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest

from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES


def check_outcomes(observed_at):
    count = len(observed_at)
    rows = pl.DataFrame(
        {
            "client_id": ["a"] * count,
            "statement_month": ["2005-09"] * count,
            "defaulted": ["1"] * count,
        }
    )
    rows = rows.with_columns(observed_at=observed_at)
    return check_rows(lambda: rows.iter_slices(2), schema=OBSERVED_OUTCOMES, outcome="required")


def test_the_same_key_may_be_observed_twice():
    checked = check_outcomes(pl.Series(["2005-12-01", "2005-12-02", "2005-12-02"]))

    assert checked.rule_counts == {}
    assert checked.accepted_count == 3


@pytest.mark.parametrize(
    "values",
    [
        ["2005-12-01"],
        ["2005-12-01T00:00:00Z"],
        ["2005-12-01T02:00:00+02:00"],
        [date(2005, 12, 1)],
        [datetime(2005, 12, 1, tzinfo=UTC)],
        pl.Series(
            [datetime(2005, 12, 1, 3, tzinfo=timezone(timedelta(hours=3)))]
        ).dt.convert_time_zone("Asia/Taipei"),
    ],
    ids=["day", "utc", "offset", "date", "time", "elsewhere"],
)
def test_a_time_is_read_in_utc(values):
    rows = check_outcomes(pl.Series(values)).accepted_rows()

    assert rows["observed_at"].to_list() == [datetime(2005, 12, 1, tzinfo=UTC)]
    assert rows.schema["observed_at"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (["yesterday"], "observed_at|type"),
        (["2005-13-01"], "observed_at|type"),
        ([20051201], "observed_at|type"),
        ([1_133_395_200], "observed_at|epoch"),
        ([""], "observed_at|nullability"),
        (pl.Series([None], dtype=pl.String), "observed_at|nullability"),
    ],
)
def test_what_is_no_time_is_rejected(values, rule):
    assert check_outcomes(pl.Series(values)).rule_counts == {rule: 1}
