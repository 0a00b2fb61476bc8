"""The page Now: champion, alarms, what runs and what is late. Its live part is sent again every few seconds where it changed."""

import hashlib
from typing import Final

from starlette.responses import Response

from credit_default.flows.deployments.server_runs import read_server_runs
from credit_default.room.access.roles import Role
from credit_default.room.serving.rendering import render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.overview.state_now import StateNow, describe_now

# The page waits this long for servers that were never asked before; the live part, which follows, a little longer.
_FIRST_PATIENCE: Final = 0.25  # seconds
_LIVE_PATIENCE: Final = 1.5
_STATIC_PATIENCE: Final = 30.0  # a page that is written down does not look again


def show_now(visit: Visit) -> Response:
    """Return the page Now; what servers have not answered yet follows with the live part."""
    patience = _STATIC_PATIENCE if visit.is_static else _FIRST_PATIENCE
    state = _describe(visit, patience_seconds=patience)
    return render_page(visit, "now.html", state=state, seen=_digest(state, visit))


def show_live_part(visit: Visit) -> Response:
    """Return the live part of the page; no content where it is the one that the page shows already."""
    state = _describe(visit, patience_seconds=_LIVE_PATIENCE)
    seen = _digest(state, visit)
    if visit.query.get("seen") == seen:
        return Response(status_code=204)
    return render_page(visit, "now_live.html", state=state, seen=seen)


def _describe(visit: Visit, *, patience_seconds: float) -> StateNow:
    api_url = visit.wiring.settings.prefect.api_url
    return describe_now(
        visit.wiring,
        now=visit.now,
        read_runs=lambda: read_server_runs(api_url, now=visit.now),
        patience_seconds=patience_seconds,
        serving_since=visit.began_at,
    )


def _digest(state: StateNow, visit: Visit) -> str:
    """Return a digest of what the live part shows, but for the time at which it was made."""
    text = render_page(visit, "now_live.html", state=state, seen="").body
    return hashlib.sha256(bytes(text)).hexdigest()[:16]


ROUTES = (
    PageRoute("/", "now", show_now, Role.VIEWER),
    PageRoute("/now/live", "now-live", show_live_part, Role.VIEWER),
)
