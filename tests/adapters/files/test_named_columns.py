import polars as pl
import pytest

from credit_default.adapters.files.named_columns import read_named_columns, read_table_header
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.errors import InputError


def read(path, names, *, options=None):
    options = options or ReadingOptions()
    header = read_table_header(path, known=names, options=options)
    return read_named_columns(path, header, names=names, options=options)


@pytest.mark.parametrize(
    "text",
    ["P;bad\n0.5;1\n0.25;0\n", "P,bad\n0.5,1\n0.25,0\n", "A title\nP,bad\n0.5,1\n0.25,0\n"],
)
def test_columns_are_read_whatever_the_delimiter_and_below_a_title(tmp_path, text):
    path = tmp_path / "scores.csv"
    path.write_text(text)

    found = read(path, ["P", "bad"])

    assert found.rows.to_dict(as_series=False) == {"P": ["0.5", "0.25"], "bad": ["1", "0"]}


def test_a_workbook_a_parquet_file_and_a_folder_of_parts_are_read_too(tmp_path):
    frame = pl.DataFrame({"P": [0.5, 0.25], "other": ["x", "y"]})
    frame.write_excel(tmp_path / "scores.xlsx")
    frame.write_parquet(tmp_path / "scores.parquet")
    (tmp_path / "parts").mkdir()
    frame.head(1).write_csv(tmp_path / "parts" / "part-00000-a.csv")
    frame.tail(1).write_csv(tmp_path / "parts" / "part-00001-a.csv")

    assert read(tmp_path / "scores.xlsx", ["P"]).rows["P"].to_list() == ["0.5", "0.25"]
    assert read(tmp_path / "scores.parquet", ["P"]).rows["P"].to_list() == [0.5, 0.25]
    assert read(tmp_path / "parts", ["P"]).rows["P"].to_list() == ["0.5", "0.25"]


def test_names_of_our_own_tables_mean_themselves_here(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("client_id,statement_month,defaulted,line,P\na,2025-01,1,7,0.5\n")

    found = read(path, ["P", "client_id", "line", "defaulted"])

    assert found.rows.row(0) == ("0.5", "a", "7", "1")
    assert found.lines.to_list() == [2]


def test_of_several_sheets_the_one_with_the_names_is_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "scores.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, header in (("notes", ("who", "why")), ("scores", ("P", "bad"))):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            sheet.write_row(1, 0, (0.5, 1))

    assert read_table_header(path, known=["P", "bad"]).sheet == "scores"
    named = read_table_header(path, known=["P"], options=ReadingOptions(sheet="notes"))
    assert named.names == ("who", "why")
    with pytest.raises(InputError, match="found 'notes', 'scores'"):
        read_table_header(path, known=["P"], options=ReadingOptions(sheet="elsewhere"))


def test_two_sheets_that_could_be_meant_are_a_question(tmp_path):
    import xlsxwriter

    path = tmp_path / "scores.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("one", "two"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ("P",))
            sheet.write_row(1, 0, (0.5,))

    with pytest.raises(InputError, match="--sheet"):
        read_table_header(path, known=["P"])


def test_an_empty_file_and_one_without_a_header_are_refused(tmp_path):
    empty, blank = tmp_path / "empty.csv", tmp_path / "blank.csv"
    empty.write_text("")
    blank.write_text(",,\n")

    for path in (empty, blank):
        with pytest.raises(InputError):
            read_table_header(path, known=["P"])
