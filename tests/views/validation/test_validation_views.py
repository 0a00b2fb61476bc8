import io
import json
import re
from html.parser import HTMLParser

import fastexcel
import numpy as np
import pytest
from rich.console import Console

from credit_default.adapters.workbooks.table_workbook import render_workbook
from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.report import build_report
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import parse_document, render_document_json
from credit_default.views.terminal.validation import render_validation, summarise_validation
from credit_default.views.validation.page import describe_validation, format_p_value
from credit_default.views.validation.pictures import draw_sample
from credit_default.views.validation.report_json import render_report_json
from credit_default.views.validation.workbook_sheets import build_sheets

HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred", "a\u202eb", "'\"><b>")
POLICY = ValidationPolicy()


def make_sample(*, shift=0.0, row_count=3_000, seed=0) -> ScoredSample:
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.55, 1.15, row_count)
    probability = 1 / (1 + np.exp(-odds))
    return ScoredSample(
        probability,
        defaulted=(generator.random(row_count) < 1 / (1 + np.exp(-odds - shift))).astype(float),
        band=np.where(probability < 0.2, HOSTILE[0], HOSTILE[1]),
        month=np.array(["2025-01", "2025-02", "2025-03"])[np.arange(row_count) % 3],
        client_id=np.arange(row_count) // 3,
        segments={HOSTILE[2]: np.array(HOSTILE)[generator.integers(0, 5, row_count)]},
    )


@pytest.fixture(scope="module")
def report():
    sample, reference = make_sample(shift=0.4), make_sample(seed=1)
    results = run_battery(sample, reference, POLICY, "d" * 64)
    return build_report(
        results,
        sample,
        reference=reference,
        policy=POLICY,
        subject=f"{HOSTILE[4]}.csv",
        input_digest="d" * 64,
        notes=(f"columns: {HOSTILE[0]}",),
    )


class Page(HTMLParser):
    """The page's tags, texts and attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(data)


def test_hostile_labels_stay_text_on_the_page(report):
    text = render_html(describe_validation(report))
    page = Page(text)

    assert "script" not in page.tags
    assert "b" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on")}
    assert any(HOSTILE[0] in found for found in page.texts)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_needs_nothing_from_elsewhere(report):
    text = render_html(describe_validation(report, pictures=draw_sample(make_sample())))

    assert re.findall(r"(?:src|href)=\"(?!data:|#)", text) == []
    assert "default-src 'none'" in text
    assert text.count("<img") == 2


def test_the_page_begins_with_the_verdict_and_lists_every_test(report):
    document = describe_validation(report)
    titles = [section.title for section in document.sections]
    text = render_html(document)

    assert titles[:2] == ["Verdict", "Red and amber"]
    assert all(result.test_id in text for result in report.results)
    assert 'class="light bad"' in text


def test_the_document_is_stored_and_read_back_with_its_lights(report):
    document = describe_validation(report)

    assert parse_document(render_document_json(document)) == document


def test_simulated_clients_are_said_on_the_page():
    sample = make_sample(row_count=300)
    simulated = build_report(
        run_battery(sample, None, POLICY, "digest"),
        sample,
        reference=None,
        policy=POLICY,
        subject="version 1",
        input_digest="digest",
        is_simulated=True,
    )

    assert "SIMULATED" in describe_validation(simulated).warning


def test_a_sample_without_two_outcomes_has_no_pictures():
    sample = make_sample(row_count=10)
    one_class = ScoredSample(sample.default_probability, defaulted=np.zeros(10))

    assert draw_sample(one_class) == ()
    assert draw_sample(ScoredSample(sample.default_probability)) == ()


def test_json_holds_every_result_with_hypothesis_source_policy_and_digest(report):
    content = json.loads(render_report_json(report))

    assert content["format"] == "credit-default validation 1"
    assert len(content["results"]) == len(report.results)
    for result in content["results"]:
        assert result["null_hypothesis"]
        assert result["source"]
        assert result["policy_id"] == POLICY.policy_id
        assert result["input_digest"] == "d" * 64
        assert result["reason"]
    assert render_report_json(report).isascii()


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


def test_the_terminal_fits_80_columns_and_shows_the_worst_first(report):
    console = Console(width=80, file=io.StringIO(), highlight=False)

    console.print(render_validation(report))

    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    lights = [line.split()[0] for line in lines if line.startswith(("red", "amber"))]
    assert lights == sorted(lights, reverse=True)
    assert "\x1b" not in console.file.getvalue()


def test_the_summary_fails_on_an_alarm_and_lists_reasons_for_json(report):
    shown = summarise_validation(report, listed=False)
    listed = summarise_validation(report, listed=True)

    assert shown.exit_code == listed.exit_code == 1
    assert len(shown.verdicts[0].reasons) == 1
    assert len(listed.verdicts[0].reasons) > 1


@pytest.mark.parametrize(
    ("p_value", "text"), [(None, "–"), (0.0001, "< .001"), (0.0449, ".045"), (1.0, "1.000")]
)
def test_p_values_are_written_in_three_decimals(p_value, text):
    assert format_p_value(p_value) == text
