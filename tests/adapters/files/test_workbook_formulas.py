import io
import zipfile

import pytest

from credit_default.adapters.files.workbook_formulas import find_unstored_formulas

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORKBOOK = (
    '<workbook xmlns="{main}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Data" sheetId="1" r:id="rId7"/></sheets>{calc}</workbook>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId7" Type="x" Target="{target}"/></Relationships>'
)
COMPUTES = '<calcPr calcId="1" fullCalcOnLoad="1"/>'


def make_archive(cells, *, calc="", target="worksheets/sheet1.xml", prefix=""):
    rows = f'<row r="1"><c r="A1" t="str"><v>x</v></c><c r="B1" t="str"><v>y</v></c></row>{cells}'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    if prefix:
        sheet = sheet.replace("xmlns=", f"xmlns:{prefix}=").replace("<", f"<{prefix}:")
        sheet = sheet.replace(f"<{prefix}:/", f"</{prefix}:")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK.format(main=MAIN, calc=calc))
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(target=target))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return zipfile.ZipFile(content)


def find(archive, positions=(0, 1)):
    found = find_unstored_formulas(
        archive, sheet="Data", first_row=2, positions=frozenset(positions)
    )
    return None if found is None else (found.count, found.first_cell)


MISSING = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*2</f>{}</c></row>'


@pytest.mark.parametrize("value", ["", "<v/>", "<v></v>"])  # as openpyxl and others leave them
@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_formula_without_a_value_is_found(value, prefix):
    assert find(make_archive(MISSING.format(value), prefix=prefix)) == (1, "B2")


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B2"><f>A2*2</f><v>2</v></c>',
        '<c r="B2" t="str"><f>""</f><v></v></c>',  # an empty text is a result
        '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="B2"><f t="shared" si="0"/><v>2</v></c>',
        '<c r="B2"><v>2</v></c>',
        '<c r="B2"/>',
    ],
)
@pytest.mark.parametrize("calc", ["", COMPUTES])
def test_a_cell_with_a_result_or_without_a_formula_is_sound(cell, calc):
    assert find(make_archive(f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row>', calc=calc)) is None


ZERO = '<row r="2"><c r="A2"><f>1-1</f><v>0</v></c><c r="B2"><f>1+1</f><v>{}</v></c></row>'


@pytest.mark.parametrize(
    ("calc", "other", "found"),
    [("", "0", None), (COMPUTES, "0", (2, "A2")), (COMPUTES, "2", None)],
)
def test_zeros_are_results_unless_the_writer_left_all_computing_to_the_reader(calc, other, found):
    assert find(make_archive(ZERO.format(other), calc=calc)) == found


def test_only_the_columns_that_are_read_count():
    assert find(make_archive(MISSING.format("")), positions=(0,)) is None


def test_cells_and_rows_without_an_address_are_counted():
    cells = "<row><c><v>1</v></c><c><f>A2</f></c></row>"

    assert find(make_archive(cells)) == (1, "row 2")


def test_a_formula_above_the_rows_does_not_count():
    assert find(make_archive('<row r="1"><c r="A1"><f>1</f></c></row>')) is None


@pytest.mark.parametrize("target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml"])
def test_the_sheet_is_found_by_either_form_of_its_address(target):
    assert find(make_archive(MISSING.format(""), target=target)) == (1, "B2")


def test_a_workbook_of_another_layout_is_left_to_the_reading_library():
    assert find(make_archive(MISSING.format(""), target="elsewhere.xml")) is None
