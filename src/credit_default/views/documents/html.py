"""Render a document as one self-contained page for a browser, without scripts.

Every text is escaped, and the page's content security policy forbids what escaping might have
missed.
"""

import base64
import re
from html import escape
from typing import Final

from credit_default.errors import escape_unprintable
from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)

_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_LIGHT_CLASSES: Final = {
    "red": "bad",
    "alarm": "bad",
    "refused": "bad",
    "amber": "watch",
    "watch": "watch",
    "green": "good",
    "ok": "good",
}
_STYLE: Final = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.5rem 4rem; color: #1b2a41; background: #fff;
  font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { margin: 0 0 .2rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.4rem 0 .6rem; padding-top: .6rem; border-top: 1px solid #d5dbe1; font-size: 1.3rem; }
.subtitle { margin: 0 0 1rem; color: #5b6b7b; }
.warning { padding: .6rem 1rem; border-left: 4px solid #b5452c; background: #fbeeea; font-weight: 600; }
nav { margin: 1.2rem 0; padding: .7rem 1rem; background: #f4f6f8; columns: 3 14rem; }
nav a { display: block; color: #1f5f99; text-decoration: none; }
p, li { max-width: 52rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: .7rem 0 1rem; font-size: .93rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .9rem .28rem 0; border-bottom: 1px solid #e3e7eb; text-align: left; vertical-align: top; }
th { border-bottom-color: #8b97a3; }
td, th:first-child { max-width: 26rem; }
.figure { text-align: right; }
td.figure { white-space: nowrap; }
.light { white-space: nowrap; }
.light::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .45em; border-radius: 50%; background: #b9c2cb; }
.light.bad::before { background: #b5452c; } .light.bad { color: #8f3320; font-weight: 600; }
.light.watch::before { background: #e0a021; }
.light.good::before { background: #2f8f5b; }
figure { margin: 1rem 0; }
img { max-width: 100%; width: 800px; height: auto; }
figcaption { color: #5b6b7b; font-size: .9rem; }
@media (max-width: 40rem) {
  body { padding: 1.2rem 1rem 3rem; } table { font-size: .78rem; } th, td { padding-right: .4rem; } td { max-width: 12rem; } tr > :last-child { padding-right: 0; }
  .stacked thead { display: none; }
  .stacked, .stacked tbody, .stacked tr { display: block; }
  .stacked tr { padding: .55rem 0; border-bottom: 1px solid #d5dbe1; }
  .stacked td { display: block; max-width: none; padding: 0; border: 0; text-align: left; overflow-wrap: anywhere; }
  .stacked td.figure { display: inline-block; margin-right: 1.2rem; color: #5b6b7b; }
  .stacked td.figure::before { content: attr(data-name) " "; }
}
@media print { body { max-width: none; padding: 0; } nav { display: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""


def render_html(document: Document) -> str:
    """Return the document as one HTML page."""
    warning = f'<p class="warning">{_escape_text(document.warning)}</p>' if document.warning else ""
    links = "".join(
        f'<a href="#{_build_anchor(s.title)}">{_escape_text(s.title)}</a>'
        for s in document.sections
    )
    sections = "\n".join(_render_section(section) for section in document.sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_escape_text(document.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f'<h1>{_escape_text(document.title)}</h1>\n<p class="subtitle">{_escape_text(document.subtitle)}</p>\n{warning}\n'
        f"<nav>{links}</nav>\n{sections}\n</body></html>\n"
    )


def _render_section(section: Section) -> str:
    blocks = "\n".join(_render_block(block) for block in section.blocks)
    return f'<h2 id="{_build_anchor(section.title)}">{_escape_text(section.title)}</h2>\n{blocks}'


def _render_block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_escape_text(text)}</p>"
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{_escape_text(item)}</li>' for item in items)}</ul>"
        case Table():
            return _render_table(block)
        case Picture(_, description, png):
            source = base64.b64encode(png).decode()
            caption = _escape_text(description)
            image = f'<img alt="{caption}" src="data:image/png;base64,{source}">'
            return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _render_table(table: Table) -> str:
    head = _render_row(table.heading, tag="th", table=table)
    rows = "\n".join(_render_row(row, tag="td", table=table) for row in table.rows)
    kind = "" if table.light_column is None else ' class="stacked"'  # on a narrow screen
    return f'<div class="table"><table{kind}><thead>{head}</thead><tbody>\n{rows}\n</tbody></table></div>'


def _render_row(cells: tuple[str, ...], *, tag: str, table: Table) -> str:
    rendered = (
        f"<{tag} {_choose_attributes(cell, place, tag=tag, table=table)}>{_escape_text(cell)}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(rendered)}</tr>"


def _choose_attributes(cell: str, place: int, *, tag: str, table: Table) -> str:
    if place == table.light_column and tag == "td":
        return f'class="light {_LIGHT_CLASSES.get(cell, "none")}"'
    if place < table.first_figure:
        return ""
    is_named = table.light_column is not None and tag == "td"
    return 'class="figure"' + (
        f' data-name="{_escape_text(table.heading[place])}"' if is_named else ""
    )


def _escape_text(text: str) -> str:
    return escape(escape_unprintable(text), quote=True)


def _build_anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
