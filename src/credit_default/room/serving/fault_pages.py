"""The pages for what is no page: an address that leads nowhere, a form from elsewhere, nobody signed in, a failure."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from credit_default.errors import CreditDefaultError
from credit_default.room.serving.rendering import render_notice
from credit_default.room.serving.slow_senders import SlowSenderError

_LOG = logging.getLogger(__name__)
_SENTENCES: Final[Mapping[int, tuple[str, str]]] = {
    404: (
        "No such page",
        "Nothing is at this address. It may have been mistyped, or what it named is gone.",
    ),
    405: (
        "Not to be asked for in this way",
        "This address takes a form of one of the pages, and is no page.",
    ),
}


def show_forged_form() -> Response:
    """Return the page for a form without its session's token."""
    return _show(
        403,
        "This form was not taken",
        "It does not come from a page that this session opened, so nothing was changed.",
        "Open the page again, and send its form.",
    )


async def show_signed_out(_request: Request) -> Response:
    """Return the page for whoever is not signed in where people sign in elsewhere."""
    return _show(401, "Nobody is signed in", "Sign in first; this page is for known people only.")


def _show_http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    usual = (
        "This was not understood",
        "The request is not one that a page of the control room sends.",
    )
    answer = _show(status, *_SENTENCES.get(status, usual))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def _show_error(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(4)
    _LOG.error("page failed number=%s method=%s", number, request.method, exc_info=error)
    return _show(
        500,
        "This page failed",
        "An error happened that nothing expected; what was asked for was not carried out.",
        f"The log of the control room has it under the number {number}; please report it.",
    )


def _show_outage(_request: Request, error: Exception) -> Response:
    """Return the page for a failure that was expected, but at a place where no page could tell it: who asks is not known yet."""
    _LOG.error("nobody can be let in error=%s", error)
    return _show(
        503,
        "Nobody can be let in at present",
        "Who may sign in could not be read, so nothing is shown and nothing was changed.",
        "The log of the control room says why; whoever runs it can mend that.",
    )


def _show_broken_off(_request: Request, _error: Exception) -> Response:
    return _show(400, "This was broken off", "The form did not arrive as a whole.")


def _show_too_slow(_request: Request, _error: Exception) -> Response:
    answer = _show(
        408,
        "This took too long",
        "The form arrived too slowly, so nothing was changed.",
        "Send it again over a quicker line, or put the file into the lake's folder incoming/.",
    )
    answer.headers["Connection"] = "close"  # the rest of it is not waited for
    return answer


FAULT_PAGES: Final[Mapping[Any, Callable[[Request, Exception], Response]]] = {
    HTTPException: _show_http_error,
    CreditDefaultError: _show_outage,
    ClientDisconnect: _show_broken_off,
    SlowSenderError: _show_too_slow,
    Exception: _show_error,
}


def _show(status: int, title: str, *sentences: str) -> Response:
    return render_notice("notice.html", status=status, title=title, sentences=sentences)
