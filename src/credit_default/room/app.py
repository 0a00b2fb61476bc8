"""Build the control room as an ASGI application: its routes, who may ask for each, and what every answer carries."""

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import plotly
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from credit_default.errors import CreditDefaultError, RefusedError, ServiceError
from credit_default.room.access.roles import User
from credit_default.room.pages import now
from credit_default.room.serving.rendering import PACKAGE, render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)

# Every group of pages; a test sweeps them by role.
ROUTES: Final[tuple[PageRoute, ...]] = (*now.ROUTES,)
_PLOTLY: Final = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@dataclass(frozen=True)
class Room:
    """What the application works with.

    `identify` returns who sent a request, None where nobody is signed in. `clock` returns the time in UTC.
    """

    wiring: Wiring
    identify: Callable[[Request], User | None]
    clock: Callable[[], dt.datetime]
    routes: Iterable[PageRoute] = field(default=ROUTES)


def build_app(room: Room) -> Starlette:
    """Return the application with all pages, the static files, and `/health` for whoever waits for it."""
    return Starlette(
        routes=[
            Route("/health", _answer_health),
            Route("/static/plotly.min.js", _send_plotly),
            Mount("/static", StaticFiles(directory=PACKAGE / "static")),
            *(
                Route(
                    route.path,
                    _build_endpoint(room, route),
                    methods=[route.method],
                    name=route.name,
                )
                for route in room.routes
            ),
        ]
    )


async def _answer_health(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _send_plotly(_request: Request) -> Response:
    return FileResponse(
        _PLOTLY, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
    )


def _build_endpoint(room: Room, route: PageRoute) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        user = room.identify(request)
        if user is None:
            return PlainTextResponse("sign in", status_code=401)  # the sign-in page takes its place
        visit = Visit(
            room.wiring,
            user,
            room.clock(),
            path={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            nonce=secrets.token_urlsafe(16),
            is_fragment=request.headers.get("HX-Request") == "true",
        )
        if not user.may(route.role):
            return render_page(visit, "refused.html", status=403, role=route.role.name.lower())
        response = await run_in_threadpool(_answer_in_words, route, visit)
        return _add_security_headers(response, nonce=visit.nonce)

    return answer


def _answer_in_words(route: PageRoute, visit: Visit) -> Response:
    """Return the page's answer; an expected failure becomes a page with its sentence, and nothing was changed."""
    try:
        return route.answer(visit)
    except CreditDefaultError as error:
        status = {RefusedError: 409, ServiceError: 503}.get(type(error), 422)
        return render_page(visit, "fault.html", status=status, fault=error)


def _add_security_headers(response: Response, *, nonce: str) -> Response:
    headers: Mapping[str, str] = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
            "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response
