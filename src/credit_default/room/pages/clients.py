"""The page Client: look-up, a client's score with its reasons, erasure, and who looked at whom.

A client's id comes and goes in the body of forms alone: never in an address, a title or a log line.
"""

from typing import Final

from starlette.responses import Response

from credit_default.errors import InputError
from credit_default.room.access.roles import Role
from credit_default.room.charts.client import draw_client_charts
from credit_default.room.serving.looker import build_looker
from credit_default.room.serving.page_number import read_page_number
from credit_default.room.serving.rendering import render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.batches.figure_words import name_column, say_reason
from credit_default.services.overview.access_entries import (
    delete_old_access,
    list_access,
)
from credit_default.services.overview.client_detail import look_at_client
from credit_default.services.overview.client_erasure import erase_client
from credit_default.views.terminal.explanation import (
    format_added,
    format_counterfactuals,
    format_input_value,
    list_largest_contributions,
    list_totals,
)

_LONGEST_BATCH_ID: Final = 64
_CLIENT: Final = "the client's id"


def ask_for_client(visit: Visit) -> Response:
    """Return the form; a batch in the address fills its field."""
    return render_page(
        visit, "clients.html", batch_id=visit.query.get("batch", "")[:_LONGEST_BATCH_ID]
    )


def show_client(visit: Visit) -> Response:
    """Return the client, once the look is on record."""
    detail = look_at_client(
        visit.wiring,
        visit.read_field("client", label=_CLIENT),
        batch_id=_read_batch_id(visit),
        looker=build_looker(visit),
    )
    explained = detail.explanation
    return render_page(
        visit,
        "client.html",
        detail=detail,
        explained=explained,
        charts=draw_client_charts(detail),
        largest=tuple(list_largest_contributions(explained)) if explained else (),
        alternatives=tuple(map(say_reason, format_counterfactuals(explained))) if explained else (),
        totals=tuple(list_totals(explained)) if explained else (),
        format_added=format_added,
        format_input_value=format_input_value,
        name_column=name_column,
    )


def erase(visit: Visit) -> Response:
    """Erase the client whose id was typed twice, and say what was deleted."""
    summary = erase_client(
        visit.wiring,
        visit.read_field("client", label=_CLIENT),
        confirmation=visit.read_field("confirmation", label="the confirmation"),
        looker=build_looker(visit),
    )
    return render_page(visit, "client_erased.html", summary=summary)


def show_access(visit: Visit) -> Response:
    """Return who looked at clients; about one client where a form names one."""
    client_id = visit.form.get("client", "").strip()
    entries = list_access(
        visit.wiring,
        number=read_page_number(visit),
        month=(visit.query.get("month") or visit.form.get("month") or "").strip(),
        client_id=client_id,
    )
    return render_page(
        visit, "client_access.html", entries=entries, client_id=client_id, deleted=""
    )


def delete_access(visit: Visit) -> Response:
    """Delete old entries of the access log, and say how many."""
    before = visit.read_field("before", label="the month")
    summary = delete_old_access(visit.wiring, before, looker=build_looker(visit))
    return render_page(
        visit,
        "client_access.html",
        entries=list_access(visit.wiring),
        client_id="",
        deleted=f"{summary.status}: {summary.counts['deleted']:,}",
    )


def _read_batch_id(visit: Visit) -> str:
    given = visit.form.get("batch", "").strip()
    if len(given) > _LONGEST_BATCH_ID:
        raise InputError(
            "the batch",
            found=f"{len(given)} characters",
            expected="its id, or nothing for the newest batch that holds the client",
            remedy="Copy the id from the page Batches.",
        )
    return given


ROUTES = (
    PageRoute("/clients", "clients", ask_for_client, Role.ANALYST),
    PageRoute("/clients/show", "client", show_client, Role.ANALYST, "POST"),
    PageRoute("/clients/forget", "forget client", erase, Role.ADMINISTRATOR, "POST"),
    PageRoute("/clients/access", "access log", show_access, Role.ADMINISTRATOR),
    PageRoute("/clients/access", "access log of client", show_access, Role.ADMINISTRATOR, "POST"),
    PageRoute(
        "/clients/access/delete", "delete access log", delete_access, Role.ADMINISTRATOR, "POST"
    ),
)
