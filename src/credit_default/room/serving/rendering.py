"""Render the templates: everything from outside is escaped, an absent value is a fault and not a blank."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from credit_default.room.serving.content_policy import write_page_policy
from credit_default.room.serving.visit import Visit

PACKAGE: Final = Path(__file__).parents[1]
_UNSAFE_IN_SCRIPT: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@cache
def read_templates() -> Environment:
    """Return the environment of the templates below `room/templates`."""
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json_block"] = write_json_block
    return environment


def render_page(
    visit: Visit, template: str | Template, *, status: int = 200, **content: Any
) -> HTMLResponse:
    """Return the page; its template sees `visit` and the content."""
    text = (
        read_templates()
        .get_template(template)
        .render(visit=visit, root=visit.root, policy=write_page_policy(visit.nonce), **content)
    )
    return HTMLResponse(text, status_code=status)


def render_notice(template: str, *, status: int, **content: Any) -> HTMLResponse:
    """Return a page for whoever asks, signed in or not: it has no navigation, and shows nothing of the lake."""
    text = read_templates().get_template(template).render(root="/", **content)
    return HTMLResponse(text, status_code=status)


def render_json(content: Any) -> Response:
    """Return the content as JSON: what a chart is drawn from, for whoever wants the figures."""
    return JSONResponse(content)


def redirect(address: str) -> Response:
    """Return the answer to a form that was carried out: look at this page."""
    return RedirectResponse(address, status_code=303)


def write_json_block(content: Any) -> Markup:
    """Return JSON that may stand in a script element of the type application/json: no markup can end it."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False)
    for letter, escape in _UNSAFE_IN_SCRIPT.items():
        text = text.replace(letter, escape)
    return Markup(text)  # noqa: S704 - every letter that could begin markup is escaped
