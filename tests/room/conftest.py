"""The control room as people meet it: a real server on loopback over a lake of its own, and a browser that is signed in."""

import contextlib
import dataclasses
import datetime as dt
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.browser import find_browser

from credit_default.room.access.form_tokens import FormTokens
from credit_default.room.access.roles import Role, User
from credit_default.room.app import ROUTES, Room

PEOPLE = {
    Role.VIEWER: "vera",
    Role.ANALYST: "anton",
    Role.APPROVER: "petra",
    Role.ADMINISTRATOR: "alma",
}
COOKIE = "test-person"
KEY = "a key for tests only"
NO_BROWSER = "no Chromium: install chromium or google-chrome"


@dataclass
class ServedRoom:
    """A control room that answers at `address`. `now` is the time that it goes by, None for the present one."""

    address: str
    wiring: Any
    now: dt.datetime | None = None
    people: dict[str, User] = field(default_factory=dict)

    def read_clock(self) -> dt.datetime:
        return self.now or dt.datetime.now(dt.UTC)

    @property
    def lake(self) -> Path:
        return Path(self.wiring.lake.uri)

    def cookies(self, role: Role | None, *, name: str = "") -> dict[str, str]:
        """Return the cookies of a signed-in person of this role (under another name where one is given); none for None."""
        if role is None:
            return {}
        user = User(name or PEOPLE[role], role, session=f"session-of-{name or PEOPLE[role]}")
        self.people[user.name] = user
        return {COOKIE: user.name}

    def client(self, role: Role | None, *, name: str = "") -> Any:
        """Return an httpx client that is signed in; it follows no redirect by itself."""
        import httpx

        return httpx.Client(
            base_url=self.address, cookies=self.cookies(role, name=name), timeout=60
        )

    def token(self, client: Any) -> str:
        """Return the token that the forms of this client's session carry."""
        return FormTokens(KEY).make(self.people[client.cookies.get(COOKIE)].session)


def assemble(served: ServedRoom, **others: Any) -> Room:
    """Return a room whose people are those of `served`, known by a cookie of the tests."""
    return Room(
        served.wiring,
        identify=lambda request: served.people.get(request.cookies.get(COOKIE, "")),
        clock=served.read_clock,
        **{"key": KEY, **others},
    )


def assemble_by_settings(served: ServedRoom, **others: Any) -> Room:
    """Return the room as `credit-default room` serves it."""
    from credit_default.room.server import build_room

    return dataclasses.replace(build_room(served.wiring, clock=served.read_clock), **others)


@contextlib.contextmanager
def open_room(
    lake: Path,
    settings: Mapping[str, Any],
    make: Callable[..., Room] = assemble,
    **others: Any,
) -> Iterator[ServedRoom]:
    """Serve the room over this lake, in a thread, at a free port of loopback."""
    import uvicorn

    from credit_default.room.server import configure_server
    from credit_default.services.context.wiring import build_wiring
    from credit_default.settings import load_settings

    loaded = load_settings({**settings, "lake": str(lake)}, environment={}).settings
    served = ServedRoom("", build_wiring(loaded, commit="test"))
    room = make(served, **others)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        served.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(configure_server(room))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            _wait_until(lambda: server.started)
            yield served
        finally:
            server.should_exit = True
            thread.join(timeout=60)


def _wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("the control room did not start within a minute")


@pytest.fixture(scope="session")
def room_settings(small_settings) -> dict[str, Any]:
    return dict(small_settings)


@pytest.fixture(scope="session")
def served_room(lake_with_champion, room_settings, tmp_path_factory) -> Iterator[ServedRoom]:
    """One room for all tests of a worker, over a lake that none of them changes."""
    lake = tmp_path_factory.mktemp("room") / "lake"
    shutil.copytree(lake_with_champion, lake)
    with open_room(lake, room_settings) as served:
        yield served


@pytest.fixture(scope="session")
def lived_in_lake(
    lake_with_champion, room_settings, simulated_files, tmp_path_factory, request
) -> Path:
    """A lake with a scored and monitored batch, findings and a review; 300 payloads of markup stand in their texts."""
    from tests.fakes.shared_folders import copy_shared_folder

    def make(folder: Path) -> None:
        request.getfixturevalue("prefect_server")
        lake = tmp_path_factory.mktemp("lived-in") / "lake"
        shutil.copytree(lake_with_champion, lake)
        _live_in(lake, room_settings, simulated_files.batch)
        shutil.copytree(lake, folder, dirs_exist_ok=True)

    target = tmp_path_factory.mktemp("lived-in-copy") / "lake"
    return copy_shared_folder("lived-in-lake", target, make=make)


def _live_in(lake: Path, settings: Mapping[str, Any], batch: Path) -> None:
    import polars as pl
    from tests.fakes.markup import list_payloads

    from credit_default.flows.monitor import monitor
    from credit_default.flows.predict import predict
    from credit_default.flows.runs.context import connect
    from credit_default.services.governance.findings import open_finding, review_version

    payloads = list_payloads()
    rows = pl.read_csv(batch, infer_schema=False)
    spoilt = rows.head(30).with_columns(
        pl.Series(name, payloads[at * 30 : at * 30 + 30])
        for at, name in enumerate(rows.columns[2:12])
    )
    file = lake.parent / f"{payloads[2].replace('/', '_')}.csv"
    pl.concat([spoilt, rows.tail(-30)]).write_csv(file)
    overrides = {**settings, "lake": str(lake)}
    scored = predict(batch=str(file), overrides=overrides, return_state=True).result()
    monitor(batch_id=scored.batch_id, overrides=overrides, return_state=True).result()
    wiring = connect(overrides, [])
    now = dt.datetime.now(dt.UTC)
    due = f"{now.year + 1}-01-31"
    for place in range(0, 300, 30):
        text = " ".join(payloads[place : place + 3])[:190]
        said = {"owner": payloads[place + 4], "by": payloads[place + 5]}
        open_finding(wiring, 1, severity="high", title=text, due=due, opened_at=now, **said)
    review_version(
        wiring, 1, tier=1, opinion="fit for use", next_review=due, reason=payloads[7], by=payloads[8], reviewed_at=now
    )  # fmt: skip


@pytest.fixture(scope="session")
def lived_in_room(lived_in_lake, room_settings) -> Iterator[ServedRoom]:
    """The room over that lake, which no test changes."""
    with open_room(lived_in_lake, room_settings) as served:
        yield served


@pytest.fixture
def serve_room(request, room_settings, tmp_path) -> Iterator[Callable[..., ServedRoom]]:
    """Serve a room over a lake of the test's own: `serve_room()` copies the one with a champion, `serve_room(lake)` takes that."""
    with contextlib.ExitStack() as rooms:

        def serve(lake: Path | None = None, **others: Any) -> ServedRoom:
            if lake is None:
                lake = tmp_path / "lake"
                shutil.copytree(request.getfixturevalue("lake_with_champion"), lake)
            return rooms.enter_context(open_room(lake, room_settings, **others))

        yield serve


@pytest.fixture
def serve_by_settings(room_settings, tmp_path) -> Iterator[Callable[..., ServedRoom]]:
    """Serve the room as its command does, over an empty lake: `serve_by_settings(session_hours=1)`; people sign in to it."""
    with contextlib.ExitStack() as rooms:

        def serve(routes: Any = ROUTES, **room: Any) -> ServedRoom:
            lake = tmp_path / "lake"
            own = {**room_settings, "room": room}
            return rooms.enter_context(open_room(lake, own, assemble_by_settings, routes=routes))

        yield serve


@pytest.fixture
def watch(browser) -> Iterator[Callable[[ServedRoom], Any]]:
    """Open a page of the room in a browser that nobody is signed in with: `watch(room)`."""
    contexts: list[Any] = []

    def open_page(room: ServedRoom, **options: Any) -> Any:
        contexts.append(browser.new_context(base_url=room.address, **options))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


class _Chromium:
    """One Chromium for the tests of this folder, which are run one after the other.

    While it is open, Playwright's event loop counts as running in this thread, and nothing else may run one: no flow, no
    `asyncio.run`. So it is closed before the next test of another folder.
    """

    _opened: tuple[Any, Any] | None = None
    goes = False  # after the test that ends now

    def open(self) -> Any:
        if self._opened is None:
            from playwright.sync_api import sync_playwright

            playwright = sync_playwright().start()
            flags = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
            browser = playwright.chromium.launch(executable_path=find_browser(), args=flags)
            self._opened = (playwright, browser)
        return self._opened[1]

    def close(self) -> None:
        if self._opened is not None:
            playwright, browser = self._opened
            self._opened = None
            browser.close()
            playwright.stop()


_CHROMIUM = _Chromium()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """Have the browser go with the folder's last test: before the fixtures of the session end, which may run a loop."""
    _CHROMIUM.goes = nextitem is None or not nextitem.path.is_relative_to(Path(__file__).parent)
    if _CHROMIUM.goes and "browser" not in item.fixturenames:
        _CHROMIUM.close()


@pytest.fixture
def browser(lived_in_lake) -> Iterator[Any]:
    """One Chromium for all tests of this folder; the lakes are made before, as no flow may run while it is open."""
    if find_browser() is None:
        pytest.skip(NO_BROWSER)
    yield _CHROMIUM.open()
    if _CHROMIUM.goes:
        _CHROMIUM.close()


@pytest.fixture
def sign_in(browser, request) -> Iterator[Callable[..., Any]]:
    """Open a page whose visitor is signed in: `sign_in(Role.ANALYST)`, and `room=`, `name=` or Playwright's own options.

    The page fails its test where a script was stopped by the content policy, or failed.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(
        role: Role | None, *, room: ServedRoom | None = None, name: str = "", **options: Any
    ) -> Any:
        room = room or request.getfixturevalue("served_room")
        context = browser.new_context(base_url=room.address, **options)
        contexts.append(context)
        context.add_cookies(
            [
                {"name": k, "value": v, "url": room.address}
                for k, v in room.cookies(role, name=name).items()
            ]
        )
        page = context.new_page()
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.sourceFile + ' ' + e.sample))"
        )
        page.on(
            "console", lambda said: said.text.startswith("policy: ") and faults.append(said.text)
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
