"""Write the read-only part of the control room as one static site: the same templates, to be read with no server.

The pages are found by their own links, from the first page on, as a visitor would. A link to what is not written (a client, a
form, a batch beyond the newest) becomes plain words, so that no link is dead.
"""

import datetime as dt
import html
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response
from starlette.routing import Match, Route

from credit_default.room.access.roles import Role, User
from credit_default.room.app import PLOTLY, ROUTES, answer_in_words
from credit_default.room.serving.rendering import PACKAGE
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.context.wiring import Wiring

PREFIX: Final = "reports/room"
_ROOT: Final = "static-room:/"  # what addresses begin with until their files are known
_ADDRESS: Final = re.compile(rf'\s([\w:-]+)="{_ROOT}([^"]*)"')
_PLAIN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_SUFFIXES: Final = {"text/html": ".html", "application/json": ".json"}
_LONGEST_NAME: Final = 120
_LARGEST_PAGE: Final = (
    4 * 1024 * 1024
)  # bytes; a larger one is a report of its own, which the lake has already


@dataclass(frozen=True, slots=True)
class WrittenSite:
    """Where the site was written, and how many pages it has."""

    address: str
    page_count: int


@dataclass(frozen=True, slots=True)
class _Page:
    """One rendered page: the file that it becomes, and its text, whose addresses are not yet those of files."""

    name: str
    text: str


def write_site(
    wiring: Wiring,
    *,
    now: dt.datetime,
    most_of_a_kind: int,
    routes: Sequence[PageRoute] = ROUTES,
) -> WrittenSite:
    """Write the site into the lake, in place of the one before.

    Args:
        wiring: The lake's parts.
        now: The time that the pages tell.
        routes: All pages; those that a viewer may ask for are written.
        most_of_a_kind: How many pages of one form, such as those of a batch, are written; the first that are linked count.
    """
    public = [(one, Route(one.path, _no_endpoint)) for one in routes if _is_public(one)]
    pages = _render_pages(wiring, public, now=now, most_of_a_kind=most_of_a_kind)
    storage = wiring.lake.storage
    keys = set()
    for name, content in _list_files(pages):
        keys.add(f"{PREFIX}/{name}")
        storage.write_object(f"{PREFIX}/{name}", content)
    for stored in tuple(storage.list_objects(f"{PREFIX}/")):
        if stored.key not in keys:  # of an earlier site
            storage.delete_object(stored.key)
    return WrittenSite(f"{wiring.lake.uri}/{PREFIX}/index.html", len(pages))


def _render_pages(
    wiring: Wiring,
    routes: Sequence[tuple[PageRoute, Route]],
    *,
    now: dt.datetime,
    most_of_a_kind: int,
) -> dict[str, _Page]:
    """Return the pages by the addresses that the others know them by."""
    pages: dict[str, _Page] = {}
    seen, counts = {""}, Counter[str]()
    waiting = deque([""])
    while waiting:
        address = waiting.popleft()
        route, values = _match(routes, address)
        if route is None or counts[route.name] >= most_of_a_kind:
            continue
        page = _render(wiring, route, address, values, now=now)
        if page is None:
            continue
        counts[route.name] += 1
        pages[address] = page
        for _, linked in _list_addresses(page.text):
            if linked not in seen:
                seen.add(linked)
                waiting.append(linked)
    return pages


def _is_public(route: PageRoute) -> bool:
    return route.method == "GET" and route.role is Role.VIEWER


def _no_endpoint(_request: object) -> Response:
    return Response()


def _match(
    routes: Sequence[tuple[PageRoute, Route]], address: str
) -> tuple[PageRoute | None, Mapping[str, str]]:
    scope = {"type": "http", "method": "GET", "path": f"/{urlsplit(address).path}", "root_path": ""}
    for route, pattern in routes:
        match, found = pattern.matches(scope)
        if match is Match.FULL:
            return route, {name: str(value) for name, value in found["path_params"].items()}
    return None, {}


def _render(
    wiring: Wiring, route: PageRoute, address: str, values: Mapping[str, str], *, now: dt.datetime
) -> _Page | None:
    visit = Visit(
        wiring,
        User("", Role.VIEWER),
        now,
        path=values,
        query=dict(parse_qsl(urlsplit(address).query)),
        nonce="static",
        root=_ROOT,
        is_static=True,
    )
    answer = answer_in_words(route, visit)
    suffix = _SUFFIXES.get(
        (answer.media_type or answer.headers.get("content-type", "")).partition(";")[0]
    )
    body = getattr(answer, "body", b"")
    if answer.status_code != 200 or suffix is None or not 0 < len(body) <= _LARGEST_PAGE:  # noqa: PLR2004
        return None
    return _Page(_name_file(address, suffix), bytes(body).decode())


def _name_file(address: str, suffix: str) -> str:
    """Return the file's name for an address: readable, in one folder, and another for each."""
    if not address:
        return f"index{suffix}"
    plain = _PLAIN_NAME.sub("-", address.removesuffix(suffix)).strip("-.")
    if plain != address.removesuffix(suffix).replace("/", "-") or len(plain) > _LONGEST_NAME:
        plain = f"{plain[:_LONGEST_NAME]}-{sha256(address.encode()).hexdigest()[:8]}"
    return f"{plain}{suffix}"


def _list_addresses(text: str) -> Iterator[tuple[str, str]]:
    """Yield the attribute and the address, without its fragment, of each link within the room."""
    for found in _ADDRESS.finditer(text):
        yield found[1], html.unescape(found[2]).partition("#")[0]


def _list_files(pages: Mapping[str, _Page]) -> Iterator[tuple[str, bytes | Path]]:
    names = {address: page.name for address, page in pages.items()}
    statics = {"static/plotly.min.js": PLOTLY} | {
        path.relative_to(PACKAGE).as_posix(): path
        for path in sorted((PACKAGE / "static").iterdir())
    }
    names |= {address: address for address in statics}
    for page in pages.values():
        yield (
            page.name,
            _ADDRESS.sub(lambda found: _write_address(found, names), page.text).encode(),
        )
    yield from statics.items()


def _write_address(found: re.Match[str], names: Mapping[str, str]) -> str:
    attribute, (address, sign, fragment) = found[1], html.unescape(found[2]).partition("#")
    if attribute not in {"href", "src"} or address not in names:
        return ""
    return f' {attribute}="{html.escape(names[address] + sign + fragment)}"'
