import asyncio

import pytest

from credit_default.adapters.local_stack.basic_auth_middleware import BasicAuthMiddleware


def ask(path, *, given=b"", kind="http"):
    """The statuses that were sent, and whether the wrapped application was asked."""
    passed, sent = [], []

    async def application(scope, _receive, _send):
        passed.append(scope["path"])

    async def send(message):
        sent.append(message)

    middleware = BasicAuthMiddleware(
        application,
        name="pages",
        public_paths=("/health",),
        is_authorized=lambda path, given: path == "/own" or given == b"us",
    )
    headers = [(b"authorization", given)] if given else []
    asyncio.run(middleware({"type": kind, "path": path, "headers": headers}, None, send))
    return [message.get("status") for message in sent if "status" in message], bool(passed)


@pytest.mark.parametrize(
    ("path", "given", "kind"),
    [
        ("/health", b"", "http"),
        ("/own", b"", "http"),
        ("/secret", b"us", "http"),
        ("/secret", b"", "websocket"),
        ("", b"", "lifespan"),
    ],
)
def test_authorized_request_is_passed_on(path, given, kind):
    assert ask(path, given=given, kind=kind) == ([], True)


@pytest.mark.parametrize(
    ("path", "given"),
    [("/secret", b""), ("/secret", b"them"), ("/health/x", b""), ("/Health", b"")],
)
def test_other_request_is_refused_with_a_challenge(path, given):
    assert ask(path, given=given) == ([401], False)
