"""The page Batches: a table, a page at a time, and a calendar by month and version."""

from starlette.responses import Response

from credit_default.room.access.roles import Role
from credit_default.room.serving.rendering import render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.batches.batch_list import (
    build_calendar,
    list_batches,
    parse_filter,
    parse_number,
)


def show_batches(visit: Visit) -> Response:
    """Return the table of batches that the filters in the address leave, and the calendar of a year."""
    wanted = parse_filter(visit.query)
    number = parse_number(visit.query.get("page", "1"), thing="page")
    return render_page(
        visit,
        "batches.html",
        found=list_batches(visit.wiring, wanted, page=number),
        calendar=build_calendar(visit.wiring, year=visit.query.get("year", "")),
    )


ROUTES = (PageRoute("/batches", "batches", show_batches, Role.VIEWER),)
