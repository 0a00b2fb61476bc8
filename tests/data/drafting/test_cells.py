import polars as pl

from credit_default.data.drafting.cells import count_cells


def test_values_are_counted_without_outer_blanks_most_frequent_first():
    cells = count_cells(pl.Series(["b", " a", "a", "b ", "c", "a"]), name="x")

    assert cells.shown == {"a": 3, "b": 2, "c": 1}
    assert cells.row_count == 6


def test_equal_counts_are_in_the_order_of_their_texts():
    assert list(count_cells(pl.Series(["b", "a"]), name="x").shown) == ["a", "b"]


def test_empty_cells_and_words_for_missing_values_are_missing():
    cells = count_cells(pl.Series(["1", "", None, "NA", "?", "?", " ."]), name="x")

    assert cells.missing_words == (".", "?", "NA")
    assert (cells.missing_count, cells.missing_share) == (6, 6 / 7)
    assert cells.shown == {"1": 1}


def test_not_a_number_is_missing_in_a_column_of_floats():
    cells = count_cells(pl.Series([1.5, float("nan"), None]), name="x")

    assert (cells.shown, cells.missing_count) == ({"1.5": 1}, 2)
