"""Text tables of any ending, once the separator of their cells is declared; blanks that align columns are one separator."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.adapters.files.blank_separated import join_blanks
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError

LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "key": {"client": "row-number", "month": "2000-01"},
        "columns": [
            {"name": "amount", "kind": "amount", "description": "x", "aliases": ["Amount (%) é"]},
            {"name": "state", "kind": "category", "description": "x", "values": ["A1", "B 2"]},
        ],
        "outcome": {"description": "x", "aliases": ["bad"]},
    }
)
BLANKS = ReadingOptions(separator=" ")


def read(path, *, schema=LOANS, options=BLANKS):
    file = open_statement_file(path, schema=schema, month=None, options=options)
    rows = pl.concat(list(file.read_batches()))
    return rows.select("amount", "state", "defaulted").rows()


ROWS = [("10", "A1", "1"), ("2.5", "A1", "0")]


@pytest.mark.parametrize("name", ["a.data", "a.dat", "a.txt", "a.tab", "a", "a.CSV"])
def test_text_of_any_ending_is_read_once_a_separator_is_declared(tmp_path, name):
    (tmp_path / name).write_text("amount state bad\n10 A1 1\n2.5 A1 0\n")

    assert read(tmp_path / name) == ROWS


def test_a_tsv_file_needs_no_declaration(tmp_path):
    (tmp_path / "a.tsv").write_text("amount\tstate\tbad\n10\tA1\t1\n2.5\tA1\t0\n")

    assert read(tmp_path / "a.tsv", options=ReadingOptions()) == ROWS


def test_any_one_character_may_be_the_separator(tmp_path):
    (tmp_path / "a.data").write_text("amount^state^bad\n10^A1^1\n2.5^^0\n")

    options = ReadingOptions(separator="^")

    assert read(tmp_path / "a.data", options=options) == [ROWS[0], ("2.5", None, "0")]


@pytest.mark.parametrize("name", ["a.data", "a.txt", "a"])
def test_an_unknown_ending_without_a_separator_is_refused_and_names_the_option(tmp_path, name):
    (tmp_path / name).write_text("amount state bad\n10 A1 1\n")

    with pytest.raises(
        InputError, match=r'declare .* separates its cells, as in file = \{ separator = " " \}'
    ):
        read(tmp_path / name, options=ReadingOptions())


@pytest.mark.parametrize("head", [b"PK\x03\x04zip", b"\x1f\x8bgz", b"%PDF-1", b"PAR1", b"\0\1\2"])
def test_a_declared_separator_reads_no_bytes_that_are_no_text(tmp_path, head):
    (tmp_path / "a.data").write_bytes(head + b" amount state bad\n10 A1 1\n")

    with pytest.raises(InputError, match="expected comma-separated UTF-8 text"):
        read(tmp_path / "a.data")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blanks_and_tabs_that_align_columns_are_one_separator(tmp_path, end):
    lines = ["  amount   state  bad  ", "    10.0\tA1       1", '\t 2.5 "B 2"\t  0 \t', '3 "" 0']
    (tmp_path / "a.data").write_text(end.join(lines) + end)

    assert read(tmp_path / "a.data") == [
        ("10.0", "A1", "1"),
        ("2.5", "B 2", "0"),
        ("3", None, "0"),
    ]


def test_a_file_of_many_blocks_is_read_as_a_short_one(tmp_path):
    line = "  10.0\t A1   1\n"
    count = 200_000  # 3 MB, and a block is 1 MB
    (tmp_path / "a.data").write_text("amount state bad\n" + line * count)

    rows = read(tmp_path / "a.data")

    assert len(rows) == count
    assert set(rows) == {("10.0", "A1", "1")}


def test_a_file_without_a_header_is_read_by_the_declared_names(tmp_path):
    """As Statlog's german.data comes: codes and numbers between blanks, and no line of names."""
    (tmp_path / "german.data").write_text("A1 6 10 1\nA1 48 2.5 0\n")
    options = ReadingOptions(separator=" ", header=("state", "months", "amount", "bad"))

    assert read(tmp_path / "german.data", options=options) == ROWS


def test_a_line_with_a_cell_too_few_is_named(tmp_path):
    (tmp_path / "a.data").write_text("amount state bad\n 10  A1  1\n 11   0\n 12 A1 1\n")

    with pytest.raises(InputError, match=r"line 3 of .*a.data: found 2 cells; expected 3"):
        read(tmp_path / "a.data")


def test_a_line_that_was_cut_off_is_told_from_a_faulty_one(tmp_path):
    (tmp_path / "a.data").write_text("amount state bad\n 10  A1  1\n 11   A")

    with pytest.raises(InputError, match=r"2 cells in the last line.*was cut short"):
        read(tmp_path / "a.data")


@given(st.lists(st.lists(st.sampled_from(["a", "1.5", '"b  c"', '""', '"d"""', "é"]), min_size=1)))
def test_joining_twice_changes_nothing_and_one_blank_is_left_as_it_is(rows):
    plain = "\n".join(" ".join(row) for row in rows).encode()
    wide = "\n".join("  " + " \t ".join(row) + " " for row in rows).encode()

    assert join_blanks(wide) == join_blanks(plain) == plain


@pytest.mark.parametrize(
    ("names", "alias"),
    [
        (["x", "Amount (%) é", "state", "bad"], "Amount (%) é"),
        (["", "amount 2", "state", "bad"], ""),
        (["", "state", "", "bad"], ".1"),
        (["amt", "state", "amt", "bad"], "amt.1"),
        (["AMT", "amt", "state", "amt", "bad"], "amt.2"),
        (["the amount, in full", "state", "bad", "z"], "The Amount, in full"),
    ],
)
def test_columns_of_any_name_are_known_by_an_alias(tmp_path, names, alias):
    schema = parse_schema(
        {
            "name": "loans",
            "version": "1",
            "key": {"client": "row-number", "month": "2000-01"},
            "columns": [
                {"name": "amount", "kind": "amount", "description": "x", "aliases": [alias]},
                {"name": "state", "kind": "category", "description": "x", "values": ["A1"]},
            ],
            "outcome": {"description": "x", "aliases": ["bad"]},
        }
    )
    place = {".1": 2, "amt.1": 2, "amt.2": 3, "Amount (%) é": 1}.get(alias, 0)
    cells = ["7"] * len(names)
    cells[place], cells[names.index("state")], cells[names.index("bad")] = "10", "A1", "1"
    table = [names, cells]
    (tmp_path / "a.csv").write_text("\n".join(",".join(f'"{c}"' for c in row) for row in table))

    assert read(tmp_path / "a.csv", schema=schema, options=ReadingOptions()) == [("10", "A1", "1")]


def test_a_repeated_column_that_no_alias_names_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("amount,amount,state,bad\n1,2,A1,0\n")

    with pytest.raises(InputError, match="found 'amount', 'amount' for amount"):
        read(tmp_path / "a.csv", options=ReadingOptions())
