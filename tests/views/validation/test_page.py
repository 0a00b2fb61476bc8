import re
from html.parser import HTMLParser

from tests.fakes.validation_reports import HOSTILE, POLICY, make_sample

from credit_default.gates.validation.battery import run_battery
from credit_default.gates.validation_report.report import build_report
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import parse_document, render_document_json
from credit_default.views.validation.page import describe_validation
from credit_default.views.validation.pictures import draw_sample


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
