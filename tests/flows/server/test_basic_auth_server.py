import asyncio
import base64

import pytest
import uvicorn

from credit_default.flows.server.basic_auth_server import add_basic_auth, run_guarded_server

WORDS = "admin:right"


def knock(path, *, user_and_password="", kind="http"):
    """The status that a request comes to: 200 from the application behind the door."""
    sent = []

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    header = [(b"authorization", b"Basic " + base64.b64encode(words.encode()))] if words else []
    asyncio.run(
        add_basic_auth(application, user_and_password=WORDS)(
            {"type": kind, "path": path, "headers": header}, None, send
        )
    )
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    "path", ["/", "/v2/runs", "/ui-settings", "/docs", "/openapi.json", "/api", "/apis/health"]
)
def test_page_is_shown_to_who_says_the_words_alone(path):
    assert knock(path, user_and_password=WORDS)[0] == 200
    assert knock(path, user_and_password="admin:wrong")[0] == 401
    status, headers = knock(path)
    assert (status, headers[b"www-authenticate"]) == (401, b'Basic realm="prefect"')


@pytest.mark.parametrize("path", ["/api/health", "/api/ready", "/api/flows/filter"])
def test_health_checks_and_what_prefect_asks_for_itself_go_through(path):
    assert knock(path)[0] == 200


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_no_request_goes_through(kind):
    assert knock("/", kind=kind)[0] == 200


@pytest.mark.parametrize(
    ("given", "address", "names"),
    [
        ((), "127.0.0.1", ("127.0.0.1", "localhost")),
        (("0.0.0.0", "prefect"), "0.0.0.0", ("127.0.0.1", "localhost", "prefect")),
    ],
)
def test_it_listens_on_loopback_for_its_own_names_unless_it_is_told_others(
    monkeypatch, given, address, names
):
    asked = {}
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", WORDS)
    monkeypatch.setattr(
        uvicorn, "run", lambda app, **options: asked.update(options, names=app.args[1])
    )

    run_guarded_server(4200, *given)

    assert (asked["host"], asked["port"], asked["names"]) == (address, 4200, names)
