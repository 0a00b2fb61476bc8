"""The page Now: champion, alarms, what runs and what is late."""

from starlette.responses import Response

from credit_default.room.access.roles import Role
from credit_default.room.serving.rendering import render_page
from credit_default.room.serving.visit import PageRoute, Visit


def show_now(visit: Visit) -> Response:
    """Return the page Now."""
    return render_page(visit, "now.html")


ROUTES = (PageRoute("/", "now", show_now, Role.VIEWER),)
