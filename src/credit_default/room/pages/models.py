"""The pages Models: the versions, one version with what was decided on it, its card, two versions side by side."""

from typing import Final

from starlette.responses import Response

from credit_default.errors import InputError
from credit_default.gates.governance.findings import OPINIONS, SEVERITIES, TIERS
from credit_default.room.access.roles import Role
from credit_default.room.charts.chart import Chart
from credit_default.room.charts.contest_gains import draw_gains
from credit_default.room.serving.rendering import render_json, render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.assessment.stored_card import (
    list_card_pictures,
    read_card_picture,
    read_stored_card,
)
from credit_default.services.context.identity import is_same_identity
from credit_default.services.overview.version_detail import VersionDetail, read_version
from credit_default.services.overview.version_list import list_versions
from credit_default.services.overview.version_pair import read_backtests, read_pair

_CONTEST: Final = "contest"


def list_all(visit: Visit) -> Response:
    """Return a page of the versions, and what waits for a decision."""
    return render_page(
        visit, "models.html", listed=list_versions(visit.wiring, page=_read_page(visit))
    )


def show_version(visit: Visit) -> Response:
    """Return the page of one version, with the forms that the visitor may send."""
    detail = read_version(visit.wiring, read_number(visit.path["version"]))
    own = detail.request is not None and is_same_identity(detail.request.by, visit.user.name)
    return render_page(
        visit,
        "version.html",
        version=detail,
        chart=_draw_contest(detail),
        may_ask=not visit.is_static and visit.user.may(Role.ANALYST),
        may_decide=not visit.is_static and visit.user.may(Role.APPROVER),
        is_own_request=own,
        severities=SEVERITIES,
        opinions=OPINIONS,
        tiers=TIERS,
    )


def show_card(visit: Visit) -> Response:
    """Return the version's card, as it was written after its training."""
    number = read_number(visit.path["version"])
    card = read_stored_card(visit.wiring, visit.wiring.registry.find_version(number))
    pictures = {path: place for place, path in enumerate(list_card_pictures(card), 1)}
    return render_page(visit, "version_card.html", number=number, card=card, pictures=pictures)


def send_card_picture(visit: Visit) -> Response:
    """Return one of the card's pictures."""
    version = visit.wiring.registry.find_version(read_number(visit.path["version"]))
    png = read_card_picture(visit.wiring, version, read_number(visit.path["place"]))
    return Response(png, media_type="image/png")


def show_backtest(visit: Visit) -> Response:
    """Return how the version's promotions turned out on the months that followed."""
    number = read_number(visit.path["version"])
    found = read_backtests(visit.wiring, number, now=visit.now)
    charts = [
        draw_gains(f"backtest-{place}", f"Version {number} against the one before it", one.gains)
        if one.gains
        else None
        for place, one in enumerate(found)
    ]
    return render_page(
        visit,
        "version_backtest.html",
        number=number,
        backtests=list(zip(found, charts, strict=True)),
    )


def compare(visit: Visit) -> Response:
    """Return two versions side by side: who changes side, and which turned out better."""
    first, second = (read_number(visit.query.get(name, "")) for name in ("first", "second"))
    pair = read_pair(visit.wiring, first, second, now=visit.now)
    title = f"Version {second} against version {first}, on rows that both scored"
    chart = draw_gains("comparison", title, pair.gains) if pair.gains else None
    return render_page(visit, "version_comparison.html", pair=pair, chart=chart)


def send_contest(visit: Visit) -> Response:
    """Return the chart of the version's contest as JSON."""
    number = read_number(visit.path["version"])
    chart = _draw_contest(read_version(visit.wiring, number))
    if chart is None:
        raise InputError(
            f"version {number}",
            found="no comparison on record",
            expected="a version that was compared with a champion",
            remedy="The first champion was compared with nobody.",
        )
    return render_json(chart.figure)


def read_number(text: str) -> int:
    """Return a version's number from an address or a form.

    Raises:
        InputError: It is none.
    """
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0 and len(text) < 10):  # noqa: PLR2004
        raise InputError(
            "the version",
            found=repr(text[:40]),
            expected="the number of a version, such as 2",
            remedy="The page Models lists them.",
        )
    return int(text)


def _read_page(visit: Visit) -> int:
    text = visit.query.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0  # noqa: PLR2004


def _draw_contest(detail: VersionDetail) -> Chart | None:
    if detail.contest is None:
        return None
    title = f"The contest of version {detail.row.number}: its gain over the champion of the day"
    return draw_gains(_CONTEST, title, detail.contest.gains)


ROUTES = (
    PageRoute("/models", "models", list_all, Role.VIEWER),
    PageRoute("/models/compare", "compare", compare, Role.VIEWER),
    PageRoute("/models/{version}", "version", show_version, Role.VIEWER),
    PageRoute("/models/{version}/card", "version-card", show_card, Role.VIEWER),
    PageRoute(
        "/models/{version}/card/pictures/{place}",
        "version-card-picture",
        send_card_picture,
        Role.VIEWER,
    ),
    PageRoute("/models/{version}/backtest", "version-backtest", show_backtest, Role.VIEWER),
    PageRoute(
        "/models/{version}/charts/contest.json", "version-contest", send_contest, Role.VIEWER
    ),
)
