"""The application: every route by role, the same headers on each answer, forms only with their token, words for every fault."""

import datetime as dt
import logging
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.room.access.roles import Role
from credit_default.room.app import ROUTES
from credit_default.room.serving.rendering import render_page
from credit_default.room.serving.visit import PageRoute

pytestmark = pytest.mark.xdist_group("room")

# Who may ask for what: the least role of each route. A new route needs a line here, or the sweep below fails.
LEAST_ROLES = {
    "GET /": Role.VIEWER,
    "GET /now/live": Role.VIEWER,
    "GET /batches": Role.VIEWER,
    "GET /batches/{batch_id}": Role.VIEWER,
    "GET /batches/{batch_id}/charts/{name}.json": Role.VIEWER,
    "GET /batches/{batch_id}/evidently": Role.VIEWER,
    "GET /batches/{batch_id}/mlflow": Role.VIEWER,
    "GET /batches/{batch_id}/prefect": Role.VIEWER,
    "GET /batches/{batch_id}/rejected": Role.ANALYST,
    "GET /batches/{batch_id}/rejected.csv": Role.ANALYST,
    "GET /models": Role.VIEWER,
    "GET /models/compare": Role.VIEWER,
    "GET /models/{version}": Role.VIEWER,
    "GET /models/{version}/backtest": Role.VIEWER,
    "GET /models/{version}/card": Role.VIEWER,
    "GET /models/{version}/card/pictures/{place}": Role.VIEWER,
    "GET /models/{version}/charts/contest.json": Role.VIEWER,
    "POST /models/{version}/request": Role.ANALYST,
    "POST /models/{version}/findings": Role.ANALYST,
    "POST /models/{version}/approve": Role.APPROVER,
    "POST /models/{version}/findings/{finding}/close": Role.APPROVER,
    "POST /models/{version}/promote": Role.APPROVER,
    "POST /models/{version}/refuse": Role.APPROVER,
    "POST /models/{version}/review": Role.APPROVER,
    "POST /models/rollback": Role.APPROVER,
    "POST /decisions/override": Role.APPROVER,
    "GET /performance": Role.VIEWER,
    "GET /performance/charts/{name}.json": Role.VIEWER,
    "GET /performance/outcomes": Role.VIEWER,
    "GET /clients": Role.ANALYST,
    "POST /clients/show": Role.ANALYST,
    "GET /clients/access": Role.ADMINISTRATOR,
    "POST /clients/access": Role.ADMINISTRATOR,
    "POST /clients/access/delete": Role.ADMINISTRATOR,
    "POST /clients/forget": Role.ADMINISTRATOR,
    "GET /files": Role.ANALYST,
    "POST /files/look": Role.ANALYST,
    "POST /files/send": Role.ANALYST,
}
SAMPLES = {  # for the parts of addresses
    "batch_id": "0a1b2c3d4e5f",
    "finding": "0a1b2c3d",
    "name": "x",
    "place": "0",
    "version": "1",
}
HEADERS = {
    "content-security-policy": r"default-src 'none'; script-src 'self'; .*frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": ".+",
}


def name_route(route):
    return f"{route.method} {route.path}"


def fill(path):
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: SAMPLES[found[1]], path)


def send(client, served, route, *, token):
    if route.method == "GET":
        return client.get(fill(route.path))
    return client.post(fill(route.path), data={"token": token})


def write_part(text):
    head = b'--b\r\nContent-Disposition: form-data; name="reason"\r\n\r\n'
    return head + text + b"\r\n--b--\r\n"


def echo(visit):
    files = {name: sent.path.read_bytes() for name, sent in visit.files.items()}
    found = f"{dict(visit.form)} {[one.name for one in visit.files.values()]} {files}"
    kept.append(next(iter(visit.files.values())).path if visit.files else None)
    return render_page(visit, "refused.html", role=found)


kept = []


def fail(visit):
    raise ValueError("planted secret of a client")


@pytest.fixture
def planted(serve_room, lake_with_champion, tmp_path):
    """A room with a form and a page that fails, besides its own."""
    routes = (
        *ROUTES,
        PageRoute("/echo", "echo", echo, Role.ANALYST, "POST"),
        PageRoute("/fails", "fails", fail, Role.VIEWER),
    )
    return serve_room(tmp_path / "empty-lake", routes=routes, upload_mebibytes=1)


def test_every_route_stands_in_the_table_with_its_least_role():
    roles = {name_route(route): route.role for route in ROUTES}

    assert {name: LEAST_ROLES.get(name) for name in roles} == roles


@pytest.mark.parametrize("route", ROUTES, ids=name_route)
def test_route_lets_in_from_its_least_role_on_and_nobody_below(served_room, route):
    least, statuses = LEAST_ROLES[name_route(route)], {}
    for role in (None, *Role):
        with served_room.client(role) as client:
            # a form without its token does nothing, whoever sends it: let in means that the token was asked for
            answer = send(client, served_room, route, token="none")
            statuses[role] = answer.status_code, "needs at least the role" in answer.text

    assert statuses.pop(None)[0] in {303, 401}
    for role, (status, is_refused) in statuses.items():
        assert is_refused == (role < least), role
        assert status < 500, role
        assert (status == 403) == (role < least or route.method == "POST"), role


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/health", 200),
        ("GET", "/static/room.css", 200),
        ("GET", "/static/plotly.min.js", 200),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/nothing", 404),
        ("GET", "/%00", 404),
        ("DELETE", "/", 405),
        ("GET", "/fails", 500),
        ("GET", "/echo", 405),
        ("POST", "/echo", 403),
    ],
)
def test_every_answer_carries_the_same_headers(planted, method, path, status):
    with planted.client(Role.ANALYST) as client:
        answer = client.request(method, path, data={"a": "b"} if method == "POST" else None)

    assert answer.status_code == status
    for name, pattern in HEADERS.items():
        assert re.fullmatch(pattern, answer.headers[name]), name
    assert "unsafe-" not in answer.headers["content-security-policy"]


def test_nonce_of_styles_is_another_at_each_answer(served_room):
    with served_room.client(Role.VIEWER) as client:
        found = {re.search(r'nonce="(.+?)"', client.get("/").text)[1] for _ in range(5)}

    assert len(found) == 5


@pytest.mark.parametrize("path", ["/nothing", "/fails"])
def test_fault_is_told_in_words_and_not_by_a_traceback(planted, path, caplog):
    with caplog.at_level(logging.ERROR), planted.client(Role.VIEWER) as client:
        answer = client.get(path)

    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text
    assert "planted" not in answer.text
    if path == "/fails":
        number = re.search(r"under the number (\w{8})", answer.text)[1]
        assert f"page failed number={number}" in caplog.text
        assert "in fail" in caplog.text


@pytest.mark.parametrize(
    "address",
    ["/models/{}", "/models?page={}", "/models/1/card/pictures/{}", "/batches?page={}", "/batches?version={}", "/performance?page={}", "/models/compare?first=1&second={}"],
)  # fmt: skip
@pytest.mark.parametrize("number", ["-1", "00000000019", "9" * 19, "9" * 5_000, "\u0663"], ids=len)
def test_number_that_is_none_gets_a_sentence(served_room, address, number):
    with served_room.client(Role.VIEWER) as client:
        answer = client.get(address.format(number))

    assert (answer.status_code, "found" in answer.text) == (422, True)


def test_form_that_breaks_off_is_no_failure_of_the_page(served_room, caplog):
    host, port = served_room.address.removeprefix("http://").split(":")
    head = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 999"
    cookie = "; ".join(f"{k}={v}" for k, v in served_room.cookies(Role.ANALYST).items())
    with socket.create_connection((host, int(port))) as sender:
        sender.sendall(
            f"POST /files/look HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{head}\r\n\r\n--b".encode()
        )
        time.sleep(0.2)
    with served_room.client(Role.VIEWER) as client:
        client.get("/batches")

    assert "page failed" not in caplog.text


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "", "a b", "[::"])
def test_name_of_another_host_is_refused_so_that_no_site_reaches_the_room_by_one(served_room, host):
    with served_room.client(Role.ADMINISTRATOR) as client:
        answers = [client.get(path, headers={"Host": host}) for path in ("/", "/static/room.css")]

    assert {answer.status_code for answer in answers} <= {400, 421}


def test_form_with_its_token_reaches_the_page_with_its_files_which_are_gone_afterwards(planted):
    with planted.client(Role.ANALYST) as client:
        token = planted.token(client)
        answer = client.post(
            "/echo",
            data={"token": token, "reason": "ä <b>"},
            files={"file": ("../../März.csv", b"a,b\n1,2\n")},
        )

    assert answer.status_code == 200
    assert "ä &lt;b&gt;" in answer.text
    assert "../../März.csv" in answer.text
    assert "a,b\\n1,2\\n" in answer.text.replace("&#39;", "'")
    assert not kept[-1].exists()
    assert kept[-1].is_relative_to(planted.lake)
    assert "März" not in str(kept[-1])


@pytest.mark.parametrize("what", ["none", "empty", "of another person", "in the address"])
def test_form_without_the_token_of_its_own_session_changes_nothing(planted, what):
    with planted.client(Role.ANALYST) as client, planted.client(Role.APPROVER) as other:
        token = {"empty": "", "of another person": planted.token(other)}.get(what)
        before = len(kept)
        answer = client.post(
            f"/echo?token={planted.token(client)}" if what == "in the address" else "/echo",
            data={"a": "b"} | ({} if token is None else {"token": token}),
        )

    assert (answer.status_code, len(kept)) == (403, before)
    assert "was not taken" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_form_that_a_browser_says_is_of_another_site_is_not_taken_even_with_its_token(
    planted, headers
):
    with planted.client(Role.ANALYST) as client:
        before = len(kept)
        answer = client.post("/echo", data={"token": planted.token(client)}, headers=headers)

    assert (answer.status_code, len(kept)) == (403, before)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"content": b"x" * 3_000_000, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "Invalid multipart data"),
        ({"files": {"file": ("a.csv", b"x" * 3_000_000)}}, "more than it may hold"),
        ({"files": [("f", (f"{n}.csv", b"x")) for n in range(6)]}, "Too many files"),
        ({"data": {f"field {n}": "x" for n in range(101)}}, "Too many fields"),
        ({"data": {"reason": "x" * 70_000}}, "exceeded maximum size"),
        ({"json": {"token": "x"}}, "&#39;application/json&#39;"),
        ({"content": b"token=x"}, "content of no type"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "Missing boundary"),
        ({"content": write_part(rb"\ud800"), "headers": {"Content-Type": "multipart/form-data; boundary=b; charset=raw_unicode_escape"}}, "no text"),
        ({"content": write_part(b"x"), "headers": {"Content-Type": "multipart/form-data; boundary=b; charset=undefined"}}, "no text"),
    ],
    ids=["no parts", "huge file", "many files", "many fields", "long field", "json", "no type", "no boundary", "half a letter", "no letters"],
)  # fmt: skip
def test_what_is_no_form_or_too_large_gets_a_sentence_and_changes_nothing(planted, sent, words):
    with planted.client(Role.ANALYST) as client:
        before = len(kept)
        answer = client.post("/echo", **sent)

    assert (answer.status_code, len(kept)) == (422, before)
    assert words in answer.text


def test_forty_visits_at_once_to_a_room_that_was_just_opened_are_all_answered(serve_room):
    served = serve_room()

    def visit(number):
        with served.client(list(Role)[number % 4], name=f"person {number}") as client:
            return client.get("/").status_code

    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(visit, range(40)))

    assert found == [200] * 40


def test_forty_threads_read_the_registry_of_one_wiring_at_once(served_room):
    def read(_number):
        return served_room.wiring.registry.find_champion()

    with ThreadPoolExecutor(40) as pool:
        found = {one.number for one in pool.map(read, range(40))}

    assert found == {1}


def test_page_tells_the_time_of_the_rooms_clock(serve_room, tmp_path):
    told = []

    def tell(visit):
        told.append(visit.now)
        return render_page(visit, "now.html")

    served = serve_room(tmp_path / "lake", routes=[PageRoute("/", "now", tell, Role.VIEWER)])
    served.now = dt.datetime(2006, 2, 3, tzinfo=dt.UTC)

    with served.client(Role.VIEWER) as client:
        client.get("/")

    assert told == [served.now]


def test_form_of_a_person_with_too_low_a_role_changes_nothing_even_with_its_token(planted):
    with planted.client(Role.VIEWER) as client:
        before = len(kept)
        answer = client.post("/echo", data={"token": planted.token(client)})

    assert (answer.status_code, len(kept)) == (403, before)
    assert "needs at least the role analyst" in answer.text
