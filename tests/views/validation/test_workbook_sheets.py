import json

import fastexcel
import pytest
from tests.fakes.validation_reports import make_sample

from credit_default.adapters.workbooks.table_workbook import render_workbook
from credit_default.views.documents.html import render_html
from credit_default.views.validation.page import describe_validation
from credit_default.views.validation.pictures import draw_sample
from credit_default.views.validation.report_json import render_report_json
from credit_default.views.validation.workbook_sheets import build_sheets


def test_another_reader_finds_the_figures_of_the_json_in_the_workbook(report, tmp_path):
    content = json.loads(render_report_json(report))
    (tmp_path / "v.xlsx").write_bytes(render_workbook(build_sheets(report)))
    book = fastexcel.read_excel(tmp_path / "v.xlsx")

    tests = book.load_sheet("all tests").to_polars()
    assert tests["test_id"].to_list() == [r["test_id"] for r in content["results"]]
    assert tests["p_value"].to_list() == pytest.approx(
        [r["p_value"] for r in content["results"]], nan_ok=True
    )
    bands = book.load_sheet("calibration").to_polars()
    for name, ours in (("N", "row_count"), ("defaults", "default_count"), ("DR", "default_rate")):
        assert bands[name].to_list() == pytest.approx(
            [r[ours] for r in content["tables"]["by_band"]]
        )
    migration = book.load_sheet("migration").to_polars()
    assert [list(row[1:]) for row in migration.rows()] == content["tables"]["migration"]["counts"]
    assert book.sheet_names[0] == "summary"


def test_a_report_gives_the_same_bytes_twice(report):
    assert render_workbook(build_sheets(report)) == render_workbook(build_sheets(report))
    pages = [
        render_html(describe_validation(report, pictures=draw_sample(make_sample())))
        for _ in range(2)
    ]
    assert pages[0] == pages[1]
