import io
import zipfile

import fastexcel
import polars as pl

from credit_default.adapters.workbooks.table_workbook import render_workbook

HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "https://example.com",
    "-2",
    "a\x1b[31mb",
    "007",
]


def test_another_reader_finds_the_tables(tmp_path):
    table = pl.DataFrame({"name": ["a", "b"], "count": [1, 2], "share": [0.25, None]})

    (tmp_path / "b.xlsx").write_bytes(render_workbook({"first": table, "second": table.head(0)}))

    book = fastexcel.read_excel(tmp_path / "b.xlsx")
    assert book.sheet_names == ["first", "second"]
    assert book.load_sheet("first").to_polars().rows() == [("a", 1, 0.25), ("b", 2, None)]


def test_no_text_becomes_a_formula_a_number_or_a_link(tmp_path):
    content = render_workbook({"=sheet": pl.DataFrame({"=header()": HOSTILE})})

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    (tmp_path / "b.xlsx").write_bytes(content)
    read = fastexcel.read_excel(tmp_path / "b.xlsx").load_sheet(0, dtypes="string").to_polars()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert sheet.count('t="s"') == 1 + len(HOSTILE)
    assert read["=header()"].to_list() == [text.replace("\x1b", "\\x1b") for text in HOSTILE]


def test_the_same_tables_give_the_same_bytes():
    table = pl.DataFrame({"name": ["a"], "share": [0.25]})

    assert render_workbook({"one": table}) == render_workbook({"one": table})


def test_figures_that_are_not_finite_are_empty_cells(tmp_path):
    (tmp_path / "b.xlsx").write_bytes(
        render_workbook({"one": pl.DataFrame({"x": [float("nan"), float("inf"), 1.5]})})
    )

    read = fastexcel.read_excel(tmp_path / "b.xlsx").load_sheet(0).to_polars()
    assert read["x"].to_list() == [None, None, 1.5]
