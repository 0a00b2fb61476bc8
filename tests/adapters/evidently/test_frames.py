import polars as pl
import pytest
from polars.testing import assert_frame_equal

from credit_default.adapters.evidently.frames import check_frame, take_evenly, to_pandas
from credit_default.adapters.evidently.report_run import EvidentlyColumn
from credit_default.errors import InputError

COLUMNS = (
    EvidentlyColumn("default_probability", is_code=False, method="PSI", threshold=0.1),
    EvidentlyColumn("decision", is_code=True, method="PSI", threshold=0.1),
)
SCORED = pl.DataFrame(
    {
        "default_probability": [0.4, 0.1, 0.3, 0.0, 0.2],
        "decision": ["decline", "accept", "accept", "accept", "accept"],
    }
)


def test_every_nth_row_by_score_is_taken_in_whatever_order_they_are():
    taken = take_evenly(SCORED, 3)

    assert taken["default_probability"].to_list() == [0.0, 0.2, 0.4]
    assert_frame_equal(take_evenly(SCORED.reverse(), 3), taken)


def test_a_frame_with_few_rows_is_left_as_it_is():
    assert_frame_equal(take_evenly(SCORED, 5), SCORED)


def test_checked_rows_are_returned():
    assert check_frame(SCORED, COLUMNS, name="current rows") is SCORED


def test_an_unknown_decision_is_refused_by_the_name_of_its_frame():
    strange = SCORED.with_columns(pl.lit("<b>").alias("decision"))

    with pytest.raises(InputError, match="current rows, column 'decision'"):
        check_frame(strange, COLUMNS, name="current rows")


def test_codes_become_texts_and_the_rest_numbers():
    converted = to_pandas(SCORED.with_columns(pl.lit(2).alias("extra")), COLUMNS)

    assert list(converted.columns) == ["default_probability", "decision"]
    assert converted["default_probability"].tolist() == [0.4, 0.1, 0.3, 0.0, 0.2]
    assert converted["decision"].tolist()[:2] == ["decline", "accept"]
