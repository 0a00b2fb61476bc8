import polars as pl
import pytest

from credit_default.data.drafting.evidence import (
    describe_numbers,
    describe_texts,
    format_share,
    format_value,
    shorten,
)


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0.0 %"), (0.0004, "under .1 %"), (0.0874, "8.7 %"), (1, "100.0 %")]
)
def test_a_share_that_is_not_none_never_reads_as_none(share, text):
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("number", "text"), [(89_900, "89,900"), (0.000266, "0.000266"), (-9, "-9"), (1_387.2, "1,387")]
)
def test_numbers_are_as_people_read_them(number, text):
    assert format_value(number) == text


def test_numbers_and_texts_are_summed_up():
    assert describe_numbers(pl.Series([3, 1, None, 3])) == "2 values, 1 to 3"
    assert describe_numbers(pl.Series([None], dtype=pl.Int64)) == "no number"
    assert describe_texts({"a": 3_000, "b": 2}) == "a 3,000 · b 2"
    assert describe_texts(dict.fromkeys("abcdefgh", 1)).endswith("f 1 · 2 more")


def test_a_long_text_is_cut():
    assert shorten("x" * 30) == "x" * 23 + "…"
    assert shorten("short") == "short"
