import gzip
import hashlib
import io
import re
import zipfile
from datetime import date

import polars as pl
import pytest

from credit_default.adapters.files.headers import Header
from credit_default.adapters.files.sources import Source
from credit_default.adapters.files.statement_files import open_statement_file, read_header
from credit_default.adapters.files.table_export import write_table
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError

KAGGLE = (
    "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,"
    "BILL_AMT1,BILL_AMT2,BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,"
    "PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default.payment.next.month"
)
UCI = KAGGLE.replace("default.payment.next.month", "default payment next month")
OPENML = ",".join([*(f"x{number}" for number in range(1, 24)), "y"])
ONE = "1,20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1"
TWO = "2,120000,2,2,2,26,-1,2,0,0,0,2,2682,1725,2682,3272,3455,3261,0,1000,1000,1000,0,2000,1"
THREE = "3,90000,2,2,2,34,0,0,0,0,0,0,29239,14027,13559,14331,14948,15549,1518,1500,1000,1000,1000,5000,0"
MONTH = "2005-09"
LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [{"name": "income", "kind": "amount", "description": "x", "aliases": ["Wages"]}],
        "outcome": {"description": "x"},
    }
)


def write(path, *lines, end="\n"):
    path.write_text("\n".join(lines) + end, encoding="utf-8", newline="")
    return path


def read(path, *, month=MONTH, **options):
    return pl.concat(
        list(open_statement_file(path, schema=CREDIT_CARD, month=month).read_batches(**options))
    )


def accepted(path, *, month=MONTH):
    checked = check_rows(
        open_statement_file(path, schema=CREDIT_CARD, month=month).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    assert checked.rejected_count == 0
    return checked.accepted_rows()


def make_typed(names=KAGGLE):
    rows = pl.read_csv(io.StringIO(f"{KAGGLE}\n{ONE}\n{TWO}\n{THREE}"))
    rows.columns = names.split(",")
    return rows


def write_workbook(path, lines):
    if path.suffix == ".xls":
        import xlwt

        book = xlwt.Workbook()
        sheet = book.add_sheet("Data")
    else:
        import xlsxwriter

        book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
    for row, cells in enumerate(lines):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(row, column, cell)
    if path.suffix == ".xls":
        book.save(str(path))
    else:
        book.close()
    return path


def cells_of(line):
    return [float(cell) for cell in line.split(",")]


def refuse(path, message, **options):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(path, **options)
    return str(caught.value)


# ---- what is read


def test_csv_cells_stay_texts_under_our_names(tmp_path):
    rows = read(write(tmp_path / "a.csv", KAGGLE, ONE, TWO))

    assert rows.columns == [*CREDIT_CARD.names, "defaulted", "line"]
    assert set(rows.dtypes[:-1]) == {pl.String}
    assert rows["client_id"].to_list() == ["1", "2"]
    assert rows["statement_month"].to_list() == [MONTH, MONTH]
    assert rows["repayment_status_m2"].to_list() == ["2", "2"]
    assert rows["payment_amount_m2"].to_list() == ["689", "1000"]
    assert rows["line"].to_list() == [2, 3]


@pytest.mark.parametrize(
    "text",
    [
        f"{KAGGLE}\n{ONE}\n{TWO}",
        f"{KAGGLE}\n{ONE}\n{TWO}\n\n\n",
        f"{KAGGLE}\r\n{ONE}\r\n{TWO}\r\n",
        f"\ufeff{KAGGLE}\n{ONE}\n{TWO}\n",
        "\n".join([KAGGLE.lower().replace(",", " , "), ONE, TWO]),
        "\n".join(['"' + KAGGLE.replace(",", '","') + '"', ONE, TWO]),
        f"{UCI}\n{ONE}\n{TWO}",
        "\n".join(["," + OPENML, UCI, ONE, TWO]),
        "\n".join(["ID," + OPENML.upper(), ONE, TWO]),
        "\n".join(
            [",".join([*CREDIT_CARD.names[:1], *CREDIT_CARD.names[2:], "defaulted"]), ONE, TWO]
        ),
        f"Statements of September\n\n{KAGGLE}\n{ONE}\n{TWO}",
    ],
    ids=[
        "no-end",
        "blank-end",
        "crlf",
        "bom",
        "case",
        "quotes",
        "uci",
        "two-headers",
        "x-names",
        "ours",
        "title",
    ],
)
def test_the_same_rows_are_read_from_every_form_of_csv(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())

    assert accepted(path).rows() == accepted(write(tmp_path / "plain.csv", KAGGLE, ONE, TWO)).rows()


def test_openml_has_no_id_and_clients_are_numbered_by_row(tmp_path):
    without_id = [line.partition(",")[2] for line in (ONE, TWO, THREE)]
    path = write(tmp_path / "a.csv", OPENML, *without_id)

    rows = read(path, batch_rows=2)

    assert read_header(path, schema=CREDIT_CARD, month=MONTH).numbers_clients
    assert rows["client_id"].to_list() == ["1", "2", "3"]
    assert accepted(path).equals(accepted(write(tmp_path / "b.csv", KAGGLE, ONE, TWO, THREE)))


def test_other_names_without_an_id_are_not_numbered(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE.partition(",")[2], ONE.partition(",")[2])

    refuse(path, "none for client_id (also called 'ID')")


@pytest.mark.parametrize("suffix", [".xls", ".xlsx"])
def test_a_workbook_with_a_title_row_gives_the_rows_of_the_csv(tmp_path, suffix):
    lines = [
        [None, *OPENML.upper().split(",")],
        UCI.split(","),
        cells_of(ONE),
        cells_of(TWO),
        cells_of(THREE),
    ]
    path = write_workbook(tmp_path / f"a{suffix}", lines)

    rows = read(path)

    assert rows["line"].to_list() == [3, 4, 5]
    assert accepted(path).equals(accepted(write(tmp_path / "b.csv", KAGGLE, ONE, TWO, THREE)))


def test_a_workbook_s_mixed_column_is_rejected_cell_by_cell(tmp_path):
    spoilt = [*cells_of(TWO)[:5], "n/a", *cells_of(TWO)[6:]]
    path = write_workbook(
        tmp_path / "a.xlsx", [UCI.split(","), cells_of(ONE), spoilt, [None], cells_of(THREE)]
    )

    checked = check_rows(
        open_statement_file(path, schema=CREDIT_CARD, month=MONTH).read_batches, schema=CREDIT_CARD
    )
    rejected = pl.concat([batch.rejected for batch in checked.batches()])

    assert checked.accepted_count == 2
    assert rejected["line"].to_list() == [3, 4]
    assert rejected["rules"].to_list()[0] == ["age|type"]


def test_a_parquet_file_keeps_its_types(tmp_path):
    path = tmp_path / "a.parquet"
    make_typed().with_columns(pl.col("SEX").cast(pl.String).cast(pl.Categorical)).write_parquet(
        path
    )

    rows = read(path, batch_rows=2)

    assert rows.schema["age"] == pl.Int64
    assert rows["line"].to_list() == [2, 3, 4]
    assert accepted(path).equals(accepted(write(tmp_path / "b.csv", KAGGLE, ONE, TWO, THREE)))


def test_openml_s_parquet_gives_the_rows_of_the_csv(tmp_path):
    path = tmp_path / "a.pq"
    make_typed("ID," + OPENML).drop("ID").cast(pl.Float64).with_columns(
        pl.col("y").cast(pl.Int64).cast(pl.String).cast(pl.Categorical)
    ).write_parquet(path)

    assert accepted(path).equals(accepted(write(tmp_path / "b.csv", KAGGLE, ONE, TWO, THREE)))


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_batches_have_at_most_the_rows_asked_for(tmp_path, batch_rows):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, TWO, THREE)

    sizes = [
        batch.height
        for batch in open_statement_file(path, schema=CREDIT_CARD, month=MONTH).read_batches(
            batch_rows=batch_rows
        )
    ]

    assert max(sizes) <= batch_rows
    assert sum(sizes) == 3


def test_a_large_csv_is_read_in_blocks_with_its_lines(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, *[ONE] * 200_000)

    batches = list(open_statement_file(path, schema=CREDIT_CARD, month=MONTH).read_batches())

    assert len(batches) > 1
    assert pl.concat([batch["line"] for batch in batches]).equals(
        pl.int_range(2, 200_002, dtype=pl.Int64, eager=True).alias("line")
    )


def test_an_empty_line_between_rows_is_rejected_and_keeps_the_count_of_lines(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, "", TWO)

    checked = check_rows(
        open_statement_file(path, schema=CREDIT_CARD, month=MONTH).read_batches, schema=CREDIT_CARD
    )
    (batch,) = checked.batches()

    assert batch.rejected["line"].to_list() == [3]
    assert batch.rejected["rules"].to_list() == [["row|empty"]]
    assert batch.accepted["client_id"].to_list() == ["1", "2"]


def test_read_header_lists_what_it_does_not_know(tmp_path):
    path = write(tmp_path / "a.csv", f"colour,,{KAGGLE},branch", f"red,1,{ONE},7")

    header = read_header(path, schema=CREDIT_CARD, month=MONTH)

    assert header.extra == ("colour", "branch")
    assert (header.has_outcome, header.has_month, header.numbers_clients) == (True, False, False)
    assert header.positions["client_id"] == 2
    assert read(path)["client_id"].to_list() == ["1"]


def test_the_outcome_may_be_absent(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE.rpartition(",")[0], ONE.rpartition(",")[0])

    assert read(path).columns == [*CREDIT_CARD.names, "line"]
    assert isinstance(read_header(path, schema=CREDIT_CARD, month=MONTH), Header)


def test_the_month_may_be_a_column(tmp_path):
    path = write(tmp_path / "a.csv", f"Statement_Month,{KAGGLE}", f"2005-10,{ONE}")

    assert read(path, month=None)["statement_month"].to_list() == ["2005-10"]


def test_the_month_may_be_a_date(tmp_path):
    lines = [["statement_month", *KAGGLE.split(",")], [date(2005, 9, 1), *cells_of(ONE)]]
    workbook = write_workbook(tmp_path / "a.xlsx", lines)
    parquet = tmp_path / "a.parquet"
    make_typed().head(1).with_columns(statement_month=date(2005, 9, 30)).write_parquet(parquet)

    assert accepted(workbook, month=None)["statement_month"].to_list() == ["2005-09"]
    assert accepted(parquet, month=None)["statement_month"].to_list() == ["2005-09"]


def test_another_portfolio_is_read_by_its_own_names(tmp_path):
    path = write(tmp_path / "a.csv", "wages,client_id,statement_month", "1000.5,a,2024-01")

    (rows,) = open_statement_file(path, schema=LOANS).read_batches()

    assert rows.rows() == [("a", "2024-01", "1000.5", 2)]


def test_the_source_is_the_digest_of_the_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"client_id,statement_month,income\na,2024-01,1\n")

    digest = "27318b1f7b38e7c5956b1a85ceb8fcf537a54f6502a7515cfdf93447516dcf0b"
    assert open_statement_file(path, schema=LOANS).source == Source(
        uri=str(path), sha256=digest, row_count=None, object_version=None
    )


@pytest.mark.parametrize("size", [2, 300_000], ids=["short", "longer than one block"])
def test_the_digest_is_of_the_whole_file_in_every_format(tmp_path, size):
    table = pl.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(size)],
            "statement_month": "2024-01",
            "income": 1.5,
        }
    )
    table.write_csv(tmp_path / "a.csv", quote_style="always")
    table.write_parquet(tmp_path / "a.parquet")

    for path in sorted(tmp_path.iterdir()):
        found = open_statement_file(path, schema=LOANS).source.sha256
        assert found == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_is_written_again_is_no_longer_read(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE)
    file = open_statement_file(path, schema=CREDIT_CARD, month=MONTH)
    write(path, KAGGLE, ONE, TWO)

    with pytest.raises(InputError, match="found other content than when it was checked"):
        list(file.read_batches())


def test_the_rows_can_be_read_as_often_as_needed(tmp_path):
    file = open_statement_file(
        write(tmp_path / "a.csv", KAGGLE, ONE, TWO), schema=CREDIT_CARD, month=MONTH
    )

    first, second = (pl.concat(list(file.read_batches())) for _ in range(2))

    assert first.equals(second)
    assert first.height == 2


def test_the_real_file_is_read_whole(real_data):
    file = open_statement_file(real_data, schema=CREDIT_CARD, month=MONTH)

    assert file.source.sha256 == "61537758427df346bd48014953d99bc55f138b4f19dda4012a6238fa5214cf6d"
    rows = pl.concat(list(file.read_batches()))
    assert rows.height == 30_000
    assert rows["line"].to_list() == list(range(2, 30_002))


# ---- what is refused: one clear error each


def test_a_missing_file_is_refused(tmp_path):
    refuse(
        tmp_path / "none.csv",
        "none.csv: found no such file; expected a file that can be read. Check the path.",
    )


def test_an_empty_folder_is_refused_whatever_its_name(tmp_path):
    (tmp_path / "a.csv").mkdir()

    refuse(tmp_path / "a.csv", "found no part files; expected files of one format")


def test_an_unreadable_path_is_refused(tmp_path):
    write(tmp_path / "a.csv", KAGGLE, ONE)

    refuse(tmp_path / "a.csv" / "b.csv", "found Not a directory; expected a file that can be read")


@pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
@pytest.mark.parametrize("name", ["a.csv", "a.xls", "a.parquet"])
def test_an_empty_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    refuse(tmp_path / name, "found an empty file; expected a table. Export the file again.")


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_a_header_without_rows_is_refused(tmp_path, end):
    refuse(write(tmp_path / "a.csv", KAGGLE, end=end), "found a header and no rows; expected rows")


@pytest.mark.parametrize("suffix", [".xls", ".xlsx"])
def test_a_workbook_without_rows_is_refused(tmp_path, suffix):
    refuse(
        write_workbook(tmp_path / f"a{suffix}", [KAGGLE.split(",")]), "found a header and no rows"
    )
    refuse(write_workbook(tmp_path / f"b{suffix}", []), "found no visible sheet with cells")


def test_a_parquet_file_without_rows_is_refused(tmp_path):
    make_typed().clear().write_parquet(tmp_path / "a.parquet")

    refuse(tmp_path / "a.parquet", "found a header and no rows")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("title", [(), ("sep={}",), ("Statements, November",)])
def test_another_delimiter_is_found_by_the_header(tmp_path, delimiter, title):
    with_commas = write(tmp_path / "a.csv", KAGGLE, ONE, TWO)
    lines = [line.replace(",", delimiter) for line in (KAGGLE, ONE, TWO)]
    path = write(tmp_path / "b.csv", *(line.format(delimiter) for line in title), *lines)

    rows = read(path).with_columns(pl.col("line") - len(title))

    assert rows.equals(read(with_commas))


def test_cells_between_other_delimiters_may_be_quoted_and_hold_commas(tmp_path):
    header, one = KAGGLE.replace(",", ";") + ";remark", ONE.replace(",", ";")

    whole = write(tmp_path / "a.csv", header, f'{one};"a;b, ""c"""', f"{one};x, y")
    open_quote = write(tmp_path / "b.csv", header, f'{one};"a', f"{one};x")

    assert read(whole)["credit_limit"].to_list() == ["20000", "20000"]
    refuse(open_quote, "found a quoted cell that goes on over the end of its line")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_refused(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(f"{KAGGLE}\n{ONE}\n".encode(encoding))

    reported = refuse(tmp_path / "a.csv", "expected comma-separated UTF-8 text")

    assert "found UTF-16 text" in reported or "found binary data" in reported


def test_latin_1_bytes_are_refused_with_their_place(tmp_path):
    header = f"{KAGGLE},città"
    (tmp_path / "a.csv").write_bytes(f"{header}\n{ONE},x\n".encode("latin-1"))

    refuse(
        tmp_path / "a.csv",
        f"found text that is not UTF-8 (the byte 0xe0 at position {len(header) - 1})",
    )


def test_latin_1_bytes_far_down_are_refused_too(tmp_path):
    lines = [KAGGLE, *[ONE] * 5_000, ONE.replace("20000", "20000é")]
    (tmp_path / "a.csv").write_bytes("\n".join(lines).encode("latin-1"))

    reported = refuse(tmp_path / "a.csv", "found text that is not UTF-8 (")

    assert "5002" in reported


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n%abc", "a PDF document"),
        (b"<!DOCTYPE html><html></html>", "a web page (HTML or XML)"),
        (b"\xef\xbb\xbf\n <HTML><body>", "a web page (HTML or XML)"),
        (b"PK\x03\x04rest", "a zip archive or .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an .xls workbook"),
        (b"PAR1rest", "a Parquet file"),
        (gzip.compress(b"a,b", mtime=0), "a gzip archive"),
        (b"\x00\x01\x02garbage", "binary data"),
    ],
)
def test_what_is_not_a_table_is_refused_by_name(tmp_path, content, found):
    (tmp_path / "a.csv").write_bytes(content)

    refuse(tmp_path / "a.csv", f"a.csv: found {found}; expected comma-separated UTF-8 text")


@pytest.mark.parametrize("suffix", [".xls", ".xlsx", ".parquet"])
def test_text_under_another_ending_is_refused(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", KAGGLE, ONE)

    refuse(path, f"found text; expected the bytes of a {suffix} file. Give it the ending .csv if")


@pytest.mark.parametrize(
    ("name", "ending"), [("a.txt", ".txt"), ("a", "without an ending"), ("a.csv.gz", ".gz")]
)
def test_an_unknown_ending_is_refused(tmp_path, name, ending):
    reported = refuse(
        write(tmp_path / name, KAGGLE, ONE),
        f"found text called {ending}; expected .csv, .tsv, .xls, .xlsx",
    )

    assert "give it the ending .csv" in reported


def test_a_gzipped_csv_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b", mtime=0))

    refuse(
        tmp_path / "a.csv.gz",
        "found a gzip archive called .gz; expected .csv, .tsv, .xls, .xlsx, .parquet, .pq. Unpack it",
    )


def test_a_csv_cut_short_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, TWO[:20], end="")

    refuse(path, "line 3 of", month=MONTH)
    refuse(
        path,
        "found 7 cells in the last line; expected 25, as in the header. The file was cut short",
    )


@pytest.mark.parametrize("below", [(), (TWO,)])
@pytest.mark.parametrize("note", ["Source: core banking", "(60 rows)", "60 rows selected."])
def test_a_note_in_one_cell_is_no_cut_file_and_no_stray_comma(tmp_path, note, below):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, note, *below)

    reported = refuse(path, f"found one cell ('{note}'); expected 25, as in the header. Remove")

    assert reported.startswith("line 3 of ")
    assert "stray" not in reported


@pytest.mark.parametrize(("line", "count"), [(f"{ONE},7", 26), (ONE.rpartition(",")[0], 24)])
def test_a_ragged_line_is_refused_with_its_number(tmp_path, line, count):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, line, TWO)

    reported = refuse(
        path, f"found {count} cells; expected 25, as in the header. Correct that line"
    )

    assert reported.startswith("line 3 of ")


def test_a_quote_that_is_not_closed_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE.rpartition(",")[0] + ',"1', TWO, THREE)

    refuse(path, "found a quoted cell that goes on over the end of its line")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('"20"000', "text after a closing quotation mark"),
        ('"20000" ', "text after a closing quotation mark"),
        ('"20000', "a quoted cell that goes on over the end of its line"),
        ('"20\n000"', "a quoted cell that goes on over the end of its line"),
    ],
)
@pytest.mark.parametrize("column", ["LIMIT_BAL", "remark"])
def test_a_quotation_mark_where_none_can_be_is_refused_with_its_line(tmp_path, cell, found, column):
    spoilt = TWO.replace("120000", cell) if column == "LIMIT_BAL" else TWO
    path = write(
        tmp_path / "a.csv",
        f"{KAGGLE},remark",
        f"{ONE},x",
        f"{spoilt},{cell if column == 'remark' else 'x'}",
        f"{THREE},x",
    )

    reported = refuse(
        path, f"found {found}; expected cells that are quoted as a whole or not at all"
    )

    assert reported.startswith("line 3 of ")


def test_a_quote_that_the_end_of_the_file_closes_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, TWO.rpartition(",")[0] + ',"1', end="")

    refuse(path, "line 3 of")


def test_quoted_cells_may_hold_commas_and_marks(tmp_path):
    path = write(
        tmp_path / "a.csv",
        f"{KAGGLE},remark",
        f'"{ONE[0]}"{ONE[1:]},"5"" screen, new"',
        f'{TWO},5" screen',
    )

    assert read(path)["client_id"].to_list() == ["1", "2"]


def test_lines_so_long_that_the_first_bytes_hold_the_header_alone_are_read(tmp_path):
    names = ",".join(f"note{number}" for number in range(5_000))
    notes = ",".join(["x" * 30] * 5_000)
    path = write(tmp_path / "a.csv", f"{KAGGLE},{names}", f"{ONE},{notes}", f"{TWO},{notes}")

    assert read(path)["client_id"].to_list() == ["1", "2"]


def test_a_header_below_the_first_lines_is_refused(tmp_path):
    refuse(
        write(tmp_path / "a.csv", "x" * 200_000 + KAGGLE, ONE),
        "found a first line longer than 131,072 bytes",
    )


def test_a_large_file_with_old_line_ends_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\r".join([KAGGLE, *[ONE] * 3_000]).encode())

    assert read(path).height == 3_000


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        (b"1,\xff", "the byte 0xff in line 5002"),
        (b"1,\x00", "a NUL in line 5002"),
        (b"1,\xc3", "the byte 0xc3 in line 5002"),
    ],
)
def test_bytes_that_are_no_text_are_refused_wherever_they_stand(tmp_path, capfd, spoilt, found):
    path = tmp_path / "a.csv"
    path.write_bytes(
        "\n".join([f"remark,{KAGGLE}", *[f"x,{ONE}"] * 5_000]).encode() + b"\n" + spoilt
    )

    refuse(path, f"found text that is not UTF-8 ({found})")

    assert capfd.readouterr().err == ""


def test_a_cell_larger_than_a_block_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE, ONE, ONE.rpartition(",")[0] + "," + "1" * 20_000_000)

    refuse(path, "found unreadable text (", month=MONTH)


@pytest.mark.parametrize("suffix", [".xls", ".xlsx", ".parquet"])
def test_half_a_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        make_typed().write_parquet(path)
    else:
        write_workbook(path, [KAGGLE.split(","), *[cells_of(ONE)] * 50])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    reported = refuse(path, "It was cut short")

    assert (
        "found a damaged workbook" in reported
        or "found a Parquet file whose end is missing" in reported
    )


def test_a_flipped_byte_in_a_parquet_file_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    make_typed().write_parquet(path, compression="uncompressed")
    content = bytearray(path.read_bytes())
    content[4:30] = b"\xff" * 26
    path.write_bytes(content)

    refuse(path, "found a damaged Parquet file")


def test_a_zip_called_xlsx_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("a.csv", f"{KAGGLE}\n{ONE}\n")

    refuse(tmp_path / "a.xlsx", "found a damaged workbook")


def test_a_workbook_that_does_not_match_its_checksums_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(write_workbook(path, [KAGGLE.split(","), cells_of(ONE)])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(path.read_bytes().replace(b"<v>20000</v>", b"<v>30000</v>"))

    refuse(path, "found a damaged workbook (xl/worksheets/sheet1.xml does not match its checksum)")


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path):
    path = write_workbook(tmp_path / "a.xlsx", [KAGGLE.split(","), cells_of(ONE)])
    content = bytearray(path.read_bytes())
    size = content.rfind(b"PK\x01\x02") + 24
    content[size : size + 4] = (0xF0000000).to_bytes(4, "little")
    path.write_bytes(content)

    refuse(
        path,
        "bytes once unpacked; expected at most 2,147,483,648. Give the table as .csv or .parquet",
    )


@pytest.mark.parametrize("place", [1424, 1426])
def test_a_workbook_that_makes_its_reader_panic_is_refused(tmp_path, place):
    path = write_workbook(
        tmp_path / "a.xls", [["a", "b", "c", "d"], *[[float(row)] * 4 for row in range(20)]]
    )
    content = bytearray(path.read_bytes())
    content[place] = 0x80
    path.write_bytes(content)

    refuse(path, "found a damaged workbook")


def test_missing_columns_are_refused_with_the_names_they_go_by(tmp_path):
    path = write(tmp_path / "a.csv", KAGGLE.replace(",AGE,", ",YEARS,"), ONE)

    refuse(
        path, f"columns of {path}: found none for age (also called 'X5'); expected all 25 columns"
    )


@pytest.mark.parametrize("copy", ["AGE", "x5", " age "])
def test_a_column_that_is_there_twice_is_refused(tmp_path, copy):
    path = write(tmp_path / "a.csv", f"{KAGGLE},{copy}", f"{ONE},24")

    refuse(path, f"found 'AGE', {copy!r} for age; expected each column once")


def test_a_workbook_s_doubled_column_is_refused(tmp_path):
    path = write_workbook(
        tmp_path / "a.xlsx", [[*KAGGLE.split(","), "AGE"], [*cells_of(ONE), 24.0]]
    )

    refuse(path, "found 'AGE', 'AGE' for age; expected each column once")


def test_a_file_without_a_header_is_refused(tmp_path):
    refuse(
        write(tmp_path / "a.csv", ONE, TWO),
        "expected a header with the columns of schema 'credit-card': client_id",
    )


def test_text_that_is_no_table_is_refused(tmp_path):
    refuse(
        write(tmp_path / "a.csv", "Dear colleague,", "please find below nothing."),
        "expected a header with the columns",
    )


def test_a_header_of_one_endless_line_is_refused(tmp_path):
    refuse(write(tmp_path / "a.csv", "x" * 200_000), "expected a header with the columns")


def test_the_month_is_said_once(tmp_path):
    without = write(tmp_path / "a.csv", KAGGLE, ONE)
    within = write(tmp_path / "b.csv", f"statement_month,{KAGGLE}", f"2005-09,{ONE}")

    refuse(without, f"statement_month of {without}: found neither; expected the month", month=None)
    refuse(within, f"statement_month of {within}: found both; expected the month")


@pytest.mark.parametrize("month", ["2005-13", "2005-9", "september", "2005-09-01", ""])
def test_an_invalid_month_is_refused(tmp_path, month):
    refuse(
        write(tmp_path / "a.csv", KAGGLE, ONE),
        f"--month: found {month!r}; expected YYYY-MM",
        month=month,
    )


# ---- what is written


SCORES = pl.DataFrame(
    {
        "client_id": ["a", "b"],
        "default_probability": [0.25, -0.5],
        "decision": ["accept", "=HYPERLINK(1)"],
        "reasons": [["late", "high use"], []],
    }
)


def test_write_table_gives_csv_that_a_spreadsheet_does_not_run(tmp_path):
    risky = ["=1", "+1", "-1", "@x", "\tx", "plain"]

    write_table(SCORES, tmp_path / "scores.csv")
    write_table(pl.DataFrame({"text": risky, "number": [-1] * 6}), tmp_path / "risky.csv")

    assert (tmp_path / "scores.csv").read_text() == (
        'client_id,default_probability,decision,reasons\na,0.25,accept,late; high use\nb,-0.5,\'=HYPERLINK(1),""\n'
    )
    back = pl.read_csv(tmp_path / "risky.csv")
    assert back["text"].to_list() == ["'=1", "'+1", "'-1", "'@x", "'\\tx", "plain"]
    assert back["number"].to_list() == [-1] * 6


def test_write_table_gives_parquet_as_it_is(tmp_path):
    write_table(SCORES, tmp_path / "scores.parquet")

    assert pl.read_parquet(tmp_path / "scores.parquet").equals(SCORES)


@pytest.mark.parametrize("name", ["scores.xlsx", "scores"])
def test_write_table_refuses_other_endings(tmp_path, name):
    with pytest.raises(InputError, match=re.escape("expected .csv or .parquet")):
        write_table(SCORES, tmp_path / name)


def test_write_table_replaces_whole_files_and_leaves_nothing_else(tmp_path):
    write(tmp_path / "scores.csv", "old")

    write_table(SCORES, tmp_path / "scores.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
    assert "old" not in (tmp_path / "scores.csv").read_text()


@pytest.mark.parametrize("name", ["none/scores.csv", "none/scores.parquet"])
def test_write_table_refuses_a_place_that_is_not_there(tmp_path, name):
    with pytest.raises(InputError, match="expected a file that can be written"):
        write_table(SCORES, tmp_path / name)


def test_write_table_keeps_the_old_file_when_it_fails(tmp_path):
    (tmp_path / "scores.csv").mkdir()

    with pytest.raises(InputError, match="expected a file that can be written"):
        write_table(SCORES, tmp_path / "scores.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
