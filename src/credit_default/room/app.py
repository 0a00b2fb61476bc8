"""Build the control room as an ASGI application: its routes, who may ask for each, and what every answer carries."""

import datetime as dt
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from credit_default.errors import CreditDefaultError, InputError, RefusedError, ServiceError
from credit_default.room.access.form_tokens import FormTokens
from credit_default.room.access.roles import User
from credit_default.room.pages import (
    batch,
    batches,
    clients,
    evidently_page,
    files,
    model_acts,
    models,
    now,
    performance,
)
from credit_default.room.serving.fault_pages import (
    FAULT_PAGES,
    show_forged_form,
    show_signed_out,
)
from credit_default.room.serving.guard import HEALTH, Guard, is_from_another_site
from credit_default.room.serving.rendering import PACKAGE, render_page
from credit_default.room.serving.sent_forms import MEBIBYTE, open_form
from credit_default.room.serving.slow_senders import Patience
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.context.wiring import Wiring

# Every group of pages; a test sweeps them by role.
ROUTES: Final[tuple[PageRoute, ...]] = (
    *now.ROUTES,
    *batches.ROUTES,
    *batch.ROUTES,
    *evidently_page.ROUTES,
    *performance.ROUTES,
    *clients.ROUTES,
    *models.ROUTES,
    *model_acts.ROUTES,
    *files.ROUTES,
)
THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
# found without an import of plotly, which takes a second
PLOTLY: Final = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))


@dataclass(frozen=True)
class Room:
    """What the application works with.

    `identify` returns who sent a request, None where nobody is signed in; `ask` answers a request that nobody signed in for,
    and `doors` are the routes by which people sign in and out. `clock` returns the time in UTC. `key` signs what forms carry.
    Servers may still be starting for a while after `began_at`.
    """

    wiring: Wiring
    identify: Callable[[Request], User | None]
    clock: Callable[[], dt.datetime]
    routes: Iterable[PageRoute] = field(default=ROUTES)
    key: str = field(default_factory=secrets.token_urlsafe, repr=False)
    ask: Callable[[Request], Awaitable[Response]] = show_signed_out
    doors: Sequence[BaseRoute] = ()
    hosts: Sequence[str] = THIS_MACHINE
    upload_mebibytes: int = 100
    is_https: bool = False
    began_at: dt.datetime | None = None
    patience: Patience = field(default_factory=Patience)


def build_app(room: Room) -> ASGIApp:
    """Return the application with all pages, the static files, and `/health` for whoever waits for it."""
    app = Starlette(
        routes=[
            Route(HEALTH, _answer_health),
            Route("/static/plotly.min.js", _send_plotly),
            Mount("/static", StaticFiles(directory=PACKAGE / "static")),
            *room.doors,
            *(
                Route(
                    route.path,
                    _build_endpoint(room, route),
                    methods=[route.method],
                    name=route.name,
                )
                for route in room.routes
            ),
        ],
        exception_handlers=FAULT_PAGES,
    )
    return Guard(app, hosts=room.hosts, is_https=room.is_https, patience=room.patience)


async def _answer_health(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _send_plotly(_request: Request) -> Response:
    return FileResponse(
        PLOTLY, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
    )


def _build_endpoint(room: Room, route: PageRoute) -> Callable[[Request], object]:
    tokens = FormTokens(room.key)

    async def answer(request: Request) -> Response:
        user = room.identify(request)
        if user is None:
            return await room.ask(request)
        visit = _begin_visit(room, request, user, form_token=tokens.make(user.session or user.name))
        if not user.may(route.role):
            return render_page(visit, "refused.html", status=403, role=route.role.name.lower())
        if route.method == "GET":
            return await run_in_threadpool(answer_in_words, route, visit)
        return await _answer_form(room, route, visit, request)

    return answer


def _begin_visit(room: Room, request: Request, user: User, *, form_token: str) -> Visit:
    return Visit(
        room.wiring,
        user,
        room.clock(),
        path={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form_token=form_token,
        nonce=request.state.nonce,
        is_fragment=request.headers.get("HX-Request") == "true",
        began_at=room.began_at,
    )


async def _answer_form(room: Room, route: PageRoute, visit: Visit, request: Request) -> Response:
    """Answer a form whose token is of this session; what is wrong with it becomes a page, and nothing was done."""
    if is_from_another_site(request.headers):
        return show_forged_form()
    most_bytes = room.upload_mebibytes * MEBIBYTE
    try:
        async with open_form(request, room.wiring.lake, most_bytes=most_bytes) as sent:
            token = sent.fields.get("token", "")
            if not secrets.compare_digest(token.encode(), visit.form_token.encode()):
                return show_forged_form()
            filled = replace(visit, form=sent.fields, files=sent.files)
            return await run_in_threadpool(answer_in_words, route, filled)
    except InputError as error:
        return render_page(visit, "fault.html", status=422, fault=error)


def answer_in_words(route: PageRoute, visit: Visit) -> Response:
    """Return the page's answer; an expected failure becomes a page with its sentence, and nothing was changed."""
    try:
        return route.answer(visit)
    except CreditDefaultError as error:
        status = {RefusedError: 409, ServiceError: 503}.get(type(error), 422)
        return render_page(visit, "fault.html", status=status, fault=error)
