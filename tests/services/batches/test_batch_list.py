import pytest
from tests.fakes.batch_tables import put_scores, put_verdict

from credit_default.errors import InputError
from credit_default.services.batches.batch_list import (
    PAGE_SIZE,
    BatchFilter,
    build_calendar,
    list_batches,
    parse_filter,
    parse_number,
)


@pytest.fixture
def filled(wiring):
    put_scores(wiring.lake, "a" * 16, "2005-10")
    put_scores(wiring.lake, "b" * 16, "2005-11", version=2, chances=(0.1,) * 7)
    put_scores(wiring.lake, "c" * 16, "2005-11")
    put_verdict(
        wiring.lake, "a" * 16, "2005-10", level="alarm", figures={"expected_default_share": 0.25}
    )
    put_verdict(
        wiring.lake, "a" * 16, "2005-10", gate="performance", figures={"default_share": 0.5}
    )
    return wiring


def list_ids(page):
    return [line.key.batch_id[0] for line in page.lines]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (BatchFilter(), ["c", "b", "a"]),
        (BatchFilter(month="2005-11"), ["c", "b"]),
        (BatchFilter(version=2), ["b"]),
        (BatchFilter(light="alarm"), ["a"]),
        (BatchFilter(light="not monitored"), ["c", "b"]),
        (BatchFilter(month="2005-10", light="ok"), []),
    ],
)
def test_filters_leave_the_batches_that_are_like_that(filled, wanted, expected):
    page = list_batches(filled, wanted)

    assert (sorted(list_ids(page)), page.batch_count) == (sorted(expected), len(expected))


def test_shares_on_a_line_are_those_of_the_tables_verdicts(filled):
    [line] = list_batches(filled, BatchFilter(light="alarm")).lines

    assert (line.expected_default_share, line.default_share) == (0.25, 0.5)
    assert line.raised == ("drift",)


def test_page_holds_so_many_lines_and_the_last_page_the_rest(wiring):
    for number in range(PAGE_SIZE + 2):
        put_scores(wiring.lake, f"{number:016x}", "2005-10", chances=(0.1,))

    first, last, behind = (list_batches(wiring, BatchFilter(), page=n) for n in (1, 2, 9))

    assert [len(page.lines) for page in (first, last, behind)] == [PAGE_SIZE, 2, 2]
    assert behind.number == last.page_count == 2
    assert {line.key for line in first.lines}.isdisjoint({line.key for line in last.lines})


def test_calendar_counts_the_batches_of_each_month_and_version(filled):
    calendar = build_calendar(filled)

    assert list(calendar.cells) == ["2005-11", "2005-10"]
    assert calendar.versions == (1, 2)
    cell = calendar.cells["2005-11"][2]
    assert (cell.batch_count, cell.row_count, cell.light) == (1, 7, "not monitored")
    assert calendar.cells["2005-10"][1].light == "alarm"


def test_month_without_a_batch_stands_in_the_calendar_between_others_only(wiring):
    for batch, month in (("a" * 16, "2005-03"), ("b" * 16, "2005-06")):
        put_scores(wiring.lake, batch, month)

    calendar = build_calendar(wiring)

    assert list(calendar.cells) == ["2005-06", "2005-05", "2005-04", "2005-03"]
    assert calendar.cells["2005-05"] == {}


def test_lake_without_batches_has_an_empty_table_and_no_calendar(wiring):
    assert list_batches(wiring, BatchFilter()).lines == ()
    assert build_calendar(wiring).years == ()


@pytest.mark.parametrize("query", [{"month": "2005-13"}, {"version": "x"}, {"light": "blue"}])
def test_filter_that_names_nothing_is_an_error_in_words(query):
    with pytest.raises(InputError):
        parse_filter(query)


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "²", "1234567", "00000019", "1" * 5_000, ""])
def test_number_that_is_none_is_an_error(text):
    with pytest.raises(InputError, match="whole number"):
        parse_number(text, thing="page")
