"""Evidently's stored page of a batch, in a frame of its own: it may run its own scripts, reach nothing, and store nothing.

Its scripts stand in the page. Each is allowed by its digest, and no other runs, so that markup that came with data cannot.
The frame has an origin of its own (`sandbox`): the room's cookies and pages are out of its reach.
"""

import base64
import hashlib
import re
from typing import Final

from starlette.responses import Response

from credit_default.room.access.roles import Role
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.batches.batch_detail import choose_key, read_evidently_page
from credit_default.services.batches.batch_list import parse_number

_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def show_evidently(visit: Visit) -> Response:
    """Return the stored page with a content policy of its own."""
    text = visit.query.get("version", "")
    version = parse_number(text, thing="version") if text else None
    key, _ = choose_key(visit.wiring, visit.path["batch_id"], model_version=version)
    content = read_evidently_page(visit.wiring, key, name=visit.query.get("page", "report"))
    return Response(
        content,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": build_policy(content)},
    )


def build_policy(content: bytes) -> str:
    """Return the policy under which this page runs: its own scripts and styles by their digests, and nothing from anywhere.

    Its scripts make style elements that are empty and get their rules afterwards: the digest of nothing allows those. Two
    elements and a few attributes that they fill at once stay without effect, and nobody sees that.
    """
    scripts, styles = _hash(_SCRIPT, content), _hash(_STYLE, content)
    return (
        f"sandbox allow-scripts; default-src 'none'; script-src {' '.join(scripts)}; "
        f"style-src {' '.join((*styles, _digest(b'')))}; "
        "img-src data: blob:; font-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )


def _hash(element: re.Pattern[bytes], content: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_digest(found[1]) for found in element.finditer(content)))


def _digest(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


ROUTES = (
    PageRoute("/batches/{batch_id}/evidently", "batch-evidently", show_evidently, Role.VIEWER),
)
