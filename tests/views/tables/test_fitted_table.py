import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from credit_default.views.tables.fitted_table import Column, FittedTable

WORD = st.text("abcdefghij-_.%", min_size=1, max_size=14)
CELL = st.lists(WORD, min_size=1, max_size=8).map(" ".join)


def show(table, *, width):
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def make_history(**options):
    columns = (Column("month"), Column("rows", is_figure=True, rank=1), Column("gate"))
    table = FittedTable(columns, sentences="reason", **options)
    table.add_row("2005-10", "2,500", "drift", sentences=("nothing moved beyond its limit",))
    table.add_row("2005-11", "300", "performance", sentences=())
    return table


@given(
    cells=st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=4),
    sentence=CELL,
    width=st.integers(20, 120),
)
def test_no_line_is_too_wide_and_no_word_is_broken_or_lost_at_any_width(cells, sentence, width):
    columns = (Column("first"), Column("n", is_figure=True, rank=1), Column("text"), Column("last"))
    table = FittedTable(columns, sentences="why")
    for row in cells:
        # a figure is one word
        table.add_row(row[0], row[1].replace(" ", "")[:10], *row[2:], sentences=(sentence,))

    lines = show(table, width=width)

    assert max(len(line.rstrip()) for line in lines) <= width
    shown = set(" ".join(lines).split())
    given_words = {word for row in cells for cell in (row[0], *row[2:]) for word in cell.split()}
    assert given_words | set(sentence.split()) <= shown


def test_sentence_stands_in_a_column_where_it_fits_and_below_its_row_where_it_does_not():
    wide, narrow = show(make_history(), width=80), show(make_history(), width=50)

    assert wide[0].split() == ["month", "rows", "gate", "reason"]
    assert wide[1].split(maxsplit=3)[3].strip() == "nothing moved beyond its limit"
    assert len(wide) == 3
    assert "reason" not in narrow[0]
    assert narrow[2] == "  nothing moved beyond its limit"
    assert narrow[3].split() == ["2005-11", "300", "performance"]


def test_column_of_the_highest_rank_leaves_first_and_stands_below_under_its_heading():
    lines = show(make_history(), width=20)

    assert lines[0].split() == ["month", "gate"]
    assert lines[2].strip() == "rows 2,500"


def test_cell_with_a_very_long_word_leaves_its_column_to_the_others():
    digest = "f" * 64
    table = FittedTable((Column("name"), Column("value")))
    table.add_row("digest", digest)
    table.add_row("seed", "7")

    lines = show(table, width=70)

    assert [line.split() for line in lines[1:]] == [
        ["digest"],
        ["value"],
        [digest],
        ["seed", "7"],
    ]


def test_each_of_several_sentences_is_marked():
    table = FittedTable((Column("v"),))
    table.add_row("1", sentences=("one word and another word", "and a third one"))

    assert [line.rstrip() for line in show(table, width=22)[1:]] == [
        "1",
        "  • one word and",
        "    another word",
        "  • and a third one",
    ]


def test_path_that_people_copy_is_not_wrapped():
    path = "/a" * 60
    table = FittedTable((Column("name"),), sentences="log")
    table.add_row("serve", sentences=(Text(path, no_wrap=True, overflow="ignore"),))
    console = Console(width=40, force_terminal=False)

    with console.capture() as captured:
        console.print(table, crop=False, overflow="ignore")

    assert f"  {path}" in captured.get().splitlines()


@pytest.mark.parametrize("text", ["[bold]x", "a\x1b[31mb"])
def test_text_is_shown_literally(text):
    table = FittedTable((Column("v"),), title=text)
    table.add_row(text, sentences=(text, text))

    shown = "\n".join(show(table, width=80))

    assert "\x1b" not in shown
    assert shown.count("[bold]x" if text[0] == "[" else "\\x1b[31m") == 4


def test_words_are_not_stacked_in_a_narrow_column():
    table = FittedTable((Column("name"), Column("meaning")))
    table.add_row("calibration_intercept", "log odds of the outcome at a score of one half")

    stacked, below = show(table, width=50), show(table, width=40)

    assert [line[21:].strip() for line in stacked[1:]] == [
        "log odds of the outcome at",
        "a score of one half",
    ]
    assert below[2].startswith("  meaning log odds of the outcome")
