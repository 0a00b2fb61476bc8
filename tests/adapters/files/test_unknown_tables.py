import polars as pl
import pytest

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.unknown_tables import list_file_options, read_unknown_table
from credit_default.errors import InputError

ROWS = {"amount": ["5", "7"], "job": ["car man", "x"]}


def write(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path, **options):
    return read_unknown_table(path, most_rows=1_000, options=ReadingOptions(**options))


@pytest.mark.parametrize(
    ("mark", "declared"), [(",", {}), (";", {}), ("\t", {}), ("|", {}), (" ", {"separator": " "})]
)
def test_the_separator_is_found_and_declared_where_ingest_would_not_find_it(
    mark, declared, tmp_path
):
    lines = [["amount", "job"], ["5", '"car man"'], ["7", "x"]]

    found = read(write(tmp_path, "\n".join(map(mark.join, lines))))

    assert found.rows.to_dict(as_series=False) == ROWS
    assert list_file_options(found.options) == declared


@pytest.mark.parametrize("name", ["table.data", "table.dat", "table", "table.txt"])
def test_text_of_any_ending_is_read_and_its_separator_declared(name, tmp_path):
    found = read(write(tmp_path, "amount,job\n5,car man\n7,x\n", name))

    assert found.rows.to_dict(as_series=False) == ROWS
    assert list_file_options(found.options) == {"separator": ","}


def test_a_decimal_comma_does_not_separate_where_another_mark_does(tmp_path):
    found = read(write(tmp_path, "1,5;2,5\n2,5;3,5\n"))

    assert found.rows.rows() == [("1,5", "2,5"), ("2,5", "3,5")]
    assert found.options.separator == ";"


def test_a_table_without_a_header_has_numbered_columns_and_loses_no_row(tmp_path):
    found = read(write(tmp_path, "A11 6 1\nA12 NA 2\nA11 24 1\n", "german.data"))

    assert not found.has_header
    assert list_file_options(found.options) == {
        "separator": " ",
        "header": ("column_1", "column_2", "column_3"),
    }
    assert found.rows.rows() == [("A11", "6", "1"), ("A12", "NA", "2"), ("A11", "24", "1")]


@pytest.mark.parametrize(
    "text",
    [
        "amount,job\n5,x\n",  # a word above a number
        "job,town\nx,y\nz,w\n",  # words above words
        ",amount\n1,5\n2,7\n",  # an unnamed first column
        "A title of the table\namount,job\n5,x\n7,y\n",
    ],
)
def test_names_above_the_rows_are_a_header(text, tmp_path):
    assert read(write(tmp_path, text)).has_header


@pytest.mark.parametrize("text", ["x,y\nx,z\nx,y\n", "1,x\n2,y\n", "NA,1\n5,2\n6,3\n"])
def test_a_first_line_that_is_like_the_others_is_a_row(text, tmp_path):
    assert not read(write(tmp_path, text)).has_header


def test_the_fuller_of_two_lines_of_names_is_the_header(tmp_path):
    found = read(write(tmp_path, ",X1,X2\nID,LIMIT,SEX\n1,500,2\n2,700,1\n"))

    assert found.rows.columns == ["ID", "LIMIT", "SEX"]
    assert found.rows.height == 2


def test_columns_of_one_name_are_told_apart_as_portfolios_know_them(tmp_path):
    found = read(write(tmp_path, "a,b,A\n1,2,3\n4,5,6\n"))

    assert found.rows.to_dict(as_series=False) == {
        "a": ["1", "4"],
        "b": ["2", "5"],
        "A.1": ["3", "6"],
    }


def test_names_that_a_person_gives_stand_for_the_missing_header(tmp_path):
    found = read(write(tmp_path, "1,x\n2,y\n"), header=("amount", "job"))

    assert found.rows.to_dict(as_series=False) == {"amount": ["1", "2"], "job": ["x", "y"]}
    assert found.options.header == ("amount", "job")


def test_our_own_columns_keep_their_names(tmp_path):
    text = "client_id,statement_month,defaulted,column_1\nc1,2020-01,0,5\nc2,2020-01,1,6\n"

    assert read(write(tmp_path, text)).rows.columns == text.splitlines()[0].split(",")


def test_workbooks_parquet_files_and_folders_of_parts_are_read_too(tmp_path):
    frame = pl.DataFrame({"amount": [5, 7], "job": ["car man", "x"]})
    frame.write_excel(tmp_path / "table.xlsx")
    frame.write_parquet(tmp_path / "table.parquet")
    (tmp_path / "parts").mkdir()
    frame.head(1).write_csv(tmp_path / "parts" / "part-00000-a.csv")
    frame.tail(1).write_csv(tmp_path / "parts" / "part-00001-a.csv")

    assert read(tmp_path / "table.xlsx").rows.to_dict(as_series=False) == ROWS
    assert read(tmp_path / "table.parquet").rows["amount"].to_list() == [5, 7]
    assert read(tmp_path / "parts").rows["amount"].to_list() == ["5", "7"]


def test_of_several_sheets_a_person_names_one(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "table.xlsx") as book:
        for sheet in ("first", "second"):
            pl.DataFrame({sheet: [1, 2], "b": [3, 4]}).write_excel(book, worksheet=sheet)

    with pytest.raises(InputError, match="--sheet"):
        read(tmp_path / "table.xlsx")
    found = read(tmp_path / "table.xlsx", sheet="second")
    assert found.rows.columns == ["second", "b"]
    assert list_file_options(found.options) == {"sheet": "second"}


def test_no_more_rows_are_read_than_are_asked_for(tmp_path):
    path = write(tmp_path, "a,b\n" + "1,2\n" * 100)

    part = read_unknown_table(path, most_rows=30)
    whole = read_unknown_table(path, most_rows=100)

    assert (part.rows.height, part.is_all) == (30, False)
    assert (whole.rows.height, whole.is_all) == (100, True)


@pytest.mark.parametrize(
    ("text", "found"), [("", "an empty file"), ("a,b\n", "a header and no rows")]
)
def test_a_file_without_rows_is_refused(text, found, tmp_path):
    with pytest.raises(InputError, match=found):
        read(write(tmp_path, text))
