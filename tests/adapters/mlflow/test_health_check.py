import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from credit_default.adapters.mlflow.health_check import wait_for_mlflow
from credit_default.errors import ServiceError


@pytest.fixture
def serve():
    """A server on loopback that answers with these codes, the last one for ever; gives its address and what it was asked."""
    servers = []

    def start(*codes):
        asked = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(codes[min(len(asked), len(codes)) - 1])
                self.end_headers()

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def test_store_that_is_no_server_is_not_asked():
    wait_for_mlflow("sqlite:////nowhere/mlflow.db", timeout_seconds=0.001)


@pytest.mark.parametrize("code", [200, 401, 403])
def test_server_that_answers_is_there_whatever_it_says(serve, code):
    address, asked = serve(code)

    wait_for_mlflow(f"{address}/", timeout_seconds=300)

    assert asked == ["/health"]


def test_server_that_is_coming_up_is_waited_for(serve):
    address, asked = serve(503, 503, 200)

    wait_for_mlflow(address, timeout_seconds=300)

    assert len(asked) == 3


def test_server_that_is_not_well_is_away(serve):
    address, _ = serve(500)

    with pytest.raises(ServiceError, match=r"status 500 in 1 s"):
        wait_for_mlflow(address, timeout_seconds=1)


def test_address_without_a_server_is_an_error_within_the_given_time(closed_port):
    begun = time.monotonic()

    with pytest.raises(ServiceError, match=r"MLflow \(http://127\.0\.0\.1:\d+\).*in 0\.3 s"):
        wait_for_mlflow(f"http://127.0.0.1:{closed_port}", timeout_seconds=0.3)

    assert time.monotonic() - begun < 60


def test_server_that_accepts_the_connection_and_never_answers_is_not_waited_for_for_ever(
    closed_port,
):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        begun = time.monotonic()

        with pytest.raises(ServiceError, match="timed out"):
            wait_for_mlflow(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout_seconds=0.5)

    assert time.monotonic() - begun < 60


def test_message_hides_the_credentials(closed_port):
    with pytest.raises(ServiceError) as refusal:
        wait_for_mlflow(f"http://someone:hunter2@127.0.0.1:{closed_port}", timeout_seconds=0.1)

    assert "hunter2" not in str(refusal.value)
    assert "http://***@127.0.0.1" in str(refusal.value)
