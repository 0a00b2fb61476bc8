"""One content in three forms; what came with the data is harmless in each."""

import io

import pytest
from rich.console import Console

from credit_default.errors import ArtifactError
from credit_default.views.documents.document import (
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)
from credit_default.views.documents.html import render_html
from credit_default.views.documents.json_document import parse_document, render_document_json
from credit_default.views.documents.markdown import render_document_markdown
from credit_default.views.documents.terminal import render_document

EVIL = "</td><script>alert(1)</script> [x](javascript:1) \x1b[31m | `a`"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def make_document(text="plain words"):
    return Document(
        title="Model card",
        subtitle=text,
        warning=text,
        sections=(
            Section(
                "Figures & limits",
                (
                    Paragraph(text),
                    Bullets((text, "second")),
                    Table(("name", "value"), ((text, "0.7878"), ("b", "1"))),
                    Picture("figures/roc.png", text, PNG),
                ),
            ),
        ),
    )


def print_terminal(document, *, width=80):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(render_document(document))
    return console.file.getvalue()


FORMS = {"html": render_html, "markdown": render_document_markdown, "terminal": print_terminal}


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_every_part_is_in_every_form(write):
    written = write(make_document())

    for part in ("plain words", "second", "0.7878"):
        assert part in written
    assert "figures" in written.lower()


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_text_from_the_data_becomes_no_markup_and_moves_no_cursor(write):
    written = write(make_document(EVIL))

    assert "<script" not in written.replace("\\<", "") or write is print_terminal
    assert "\x1b" not in written
    assert "](javascript" not in written or write is not render_document_markdown


def test_the_page_fetches_nothing_and_runs_nothing():
    page = render_html(make_document())

    assert "default-src 'none'" in page
    assert "<script" not in page
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page.replace("http-equiv", "")


def test_figures_are_aligned_right_and_texts_left():
    page, markdown = render_html(make_document()), render_document_markdown(make_document())

    assert '<td class="figure">0.7878</td>' in page
    assert "| --- | ---: |" in markdown


def test_a_document_without_a_warning_shows_none():
    quiet = Document("t", "s", ())

    assert 'class="warning"' not in render_html(quiet)
    assert ">" not in render_document_markdown(quiet)


def test_links_lead_to_the_sections():
    page = render_html(make_document())

    assert '<a href="#figures-limits">' in page
    assert '<h2 id="figures-limits">' in page


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_terminal_form_keeps_to_its_width(width):
    assert (
        max(
            len(line)
            for line in print_terminal(make_document("word " * 60), width=width).splitlines()
        )
        <= width
    )


def test_a_document_comes_back_from_json_without_its_pictures_bytes():
    document = make_document(EVIL)

    again = parse_document(render_document_json(document))

    assert render_document_markdown(again) == render_document_markdown(document)
    assert again.sections[0].blocks[-1] == Picture("figures/roc.png", EVIL, b"")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "other"}',
        '{"format": "credit-default document 1", "title": 1, "subtitle": "", "warning": "", "sections": []}',
        '{"format": "credit-default document 1", "title": "", "subtitle": "", "warning": "", "sections": [{"title": "", "blocks": [{"script": "x"}]}]}',
        '{"format": "credit-default document 1", "title": "", "subtitle": "", "warning": "", "sections": [{"title": "", "blocks": [{"heading": ["a"], "rows": [["b", "c"]], "first_figure": 1}]}]}',
        "[" * 100_000,
    ],
    ids=[
        "empty",
        "list",
        "no-format",
        "other-format",
        "number",
        "strange-block",
        "ragged-table",
        "deep",
    ],
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(ArtifactError, match="model card"):
        parse_document(text)
