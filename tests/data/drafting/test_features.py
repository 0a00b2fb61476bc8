import polars as pl

from credit_default.data.contract.column import Column
from credit_default.data.drafting.columns import DraftColumn
from credit_default.data.drafting.features import DraftFeature, draft_features


def draft(rows, *, dates=(), leaks=None):
    columns = [
        DraftColumn(Column(name, "date" if name in dates else "amount", ""), name, "")
        for name in rows
    ]
    series = {name: pl.Series(values, dtype=pl.Float64) for name, values in rows.items()}
    return draft_features(columns, series, leaks=leaks or {})


def test_every_input_is_a_feature_as_it_is():
    assert draft({"a": [1, 2], "b": [3, 4]}) == (
        DraftFeature("a", "raw", ("a",)),
        DraftFeature("b", "raw", ("b",)),
    )


def test_whether_a_value_is_missing_is_one_where_that_is_neither_rare_nor_usual():
    often = draft({"a": [1] * 90 + [None] * 10})
    rare = draft({"a": [1] * 99 + [None]})
    usual = draft({"a": [1] + [None] * 99})

    assert [f.function for f in often] == ["raw", "is_missing"]
    assert (often[1].name, often[1].note) == ("a_missing", "10.0 % of the rows")
    assert [f.function for f in (*rare, *usual)] == ["raw", "raw"]


def test_a_name_that_is_taken_gets_a_number():
    found = draft({"a": [1, None], "a_missing": [1, 2]})

    assert [f.name for f in found] == ["a", "a_missing_2", "a_missing"]


def test_dates_become_the_months_from_each_to_the_latest_one():
    found = draft({"opened": [100, 200], "issued": [900, 950]}, dates=("opened", "issued"))

    assert found == (DraftFeature("months_since_opened", "months_between", ("issued", "opened")),)


def test_a_date_alone_is_shown_and_not_used():
    (found,) = draft({"opened": [100, 200]}, dates=("opened",))

    assert not found.used
    assert "date alone" in found.note


def test_a_leak_is_shown_and_not_used():
    found = draft({"a": [1, 2], "b": [3, 4]}, leaks={"b": 0.999})

    assert [(f.name, f.used) for f in found] == [("a", True), ("b", False)]
    assert found[1].note == "a leak? it alone ranks the outcome with an AUC of 0.999"
