import asyncio
import base64

import pytest
import uvicorn

from credit_default.flows.server.basic_auth_server import add_basic_auth, run_guarded_server

CREDENTIALS = "admin:right"


def send_request(path, *, user_and_password="", kind="http"):
    """The status that a request comes to: 200 from the application behind basic auth."""
    sent = []

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    header = (
        [(b"authorization", b"Basic " + base64.b64encode(user_and_password.encode()))]
        if user_and_password
        else []
    )
    asyncio.run(
        add_basic_auth(application, user_and_password=CREDENTIALS)(
            {"type": kind, "path": path, "headers": header}, None, send
        )
    )
    return sent[0]["status"], dict(sent[0]["headers"])


@pytest.mark.parametrize(
    "path", ["/", "/v2/runs", "/ui-settings", "/docs", "/openapi.json", "/api", "/apis/health"]
)
def test_page_is_shown_with_the_right_credentials_only(path):
    assert send_request(path, user_and_password=CREDENTIALS)[0] == 200
    assert send_request(path, user_and_password="admin:wrong")[0] == 401
    status, headers = send_request(path)
    assert (status, headers[b"www-authenticate"]) == (401, b'Basic realm="prefect"')


@pytest.mark.parametrize("path", ["/api/health", "/api/ready", "/api/flows/filter"])
def test_health_checks_and_what_prefect_checks_itself_pass(path):
    assert send_request(path)[0] == 200


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_not_a_request_passes(kind):
    assert send_request("/", kind=kind)[0] == 200


@pytest.mark.parametrize(
    ("given", "address", "names"),
    [
        ((), "127.0.0.1", ("127.0.0.1", "localhost")),
        (("0.0.0.0", "prefect"), "0.0.0.0", ("127.0.0.1", "localhost", "prefect")),
    ],
)
def test_it_listens_on_loopback_for_its_own_names_unless_others_are_given(
    monkeypatch, given, address, names
):
    asked = {}
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", CREDENTIALS)
    monkeypatch.setattr(
        uvicorn, "run", lambda app, **options: asked.update(options, names=app.args[1])
    )

    run_guarded_server(4200, *given)

    assert (asked["host"], asked["port"], asked["names"]) == (address, 4200, names)
