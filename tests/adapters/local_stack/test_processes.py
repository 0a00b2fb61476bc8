import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from credit_default.adapters.local_stack.processes import (
    Program,
    choose_port,
    is_ready,
    read_log_end,
    start_program,
    stop_programs,
)
from credit_default.errors import ServiceError

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", flush=True)
time.sleep(600)
"""


def program(code, **given):
    return Program("one", (sys.executable, "-c", code), dict(os.environ), **given)


def wait_until(true, seconds=300):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def answering():
    """A server that answers with the number in its path, or refuses requests without the credentials."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            refused = self.path == "/secret" and self.headers["Authorization"] != "Basic words"
            self.send_response(
                401 if refused else 200 if self.path == "/secret" else int(self.path[1:])
            )
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_output_of_a_program_is_in_its_log_and_the_previous_log_is_kept_beside_it(tmp_path):
    for word in ("first", "second"):
        one = start_program(program(f"print('{word}')"), logs=tmp_path)
        one.process.wait()

    assert (tmp_path / "one.log").read_text() == "second\n"
    assert (tmp_path / "one.log.1").read_text() == "first\n"


def test_stopping_asks_first_and_kills_the_whole_group_of_a_program_that_ignores_it(tmp_path):
    one = start_program(program(STUBBORN, ready_text="ready"), logs=tmp_path)
    wait_until(lambda: is_ready(one))
    began = time.monotonic()

    stop_programs([one], seconds=0.3)

    assert 0.3 <= time.monotonic() - began < 120
    assert one.process.returncode == -signal.SIGKILL
    wait_until(lambda: not group_lives(one.process.pid))


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_stopping_a_program_that_has_ended_does_nothing(tmp_path):
    one = start_program(program("pass"), logs=tmp_path)
    one.process.wait()

    stop_programs([one], seconds=1)

    assert one.has_ended


@pytest.mark.parametrize(("path", "up"), [("/200", True), ("/503", False)])
def test_program_is_up_when_its_address_answers_well(tmp_path, answering, path, up):
    one = start_program(program("pass", health_url=answering + path), logs=tmp_path)

    assert is_ready(one) is up
    one.process.wait()


def test_program_without_a_health_address_is_ready_at_once_and_one_out_of_reach_is_not(tmp_path):
    silent = start_program(program("pass"), logs=tmp_path)
    unreachable = start_program(program("pass", health_url="http://127.0.0.1:9/"), logs=tmp_path)

    assert (is_ready(silent), is_ready(unreachable)) == (True, False)
    stop_programs([silent, unreachable], seconds=5)


def test_server_is_asked_with_its_credentials_and_a_refusal_is_another_error(tmp_path, answering):
    knowing = start_program(
        program("pass", health_url=f"{answering}/secret", authorization="Basic words"),
        logs=tmp_path,
    )
    asking = start_program(program("pass", health_url=f"{answering}/secret"), logs=tmp_path)

    assert is_ready(knowing)
    with pytest.raises(PermissionError):
        is_ready(asking)
    stop_programs([knowing, asking], seconds=5)


def test_credentials_are_in_no_repr():
    shown = repr(program("pass", authorization="Basic words"))

    assert "words" not in shown
    assert "PATH" not in shown


def test_command_that_does_not_exist_is_a_service_error(tmp_path):
    with pytest.raises(ServiceError, match="No such file"):
        start_program(Program("one", (str(tmp_path / "nothing"),), {}), logs=tmp_path)


def test_end_of_a_log_is_one_line_without_anything_that_moves_the_cursor(tmp_path):
    log = tmp_path / "x.log"
    log.write_text("\n".join(["first", *["\x1b[31mlater"] * 20, "", "last"]))

    reported = read_log_end(log, line_count=2)

    assert reported == "\\x1b[31mlater | last"
    assert read_log_end(tmp_path / "none.log") == "nothing"


def test_error_about_a_taken_port_names_the_option_for_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ServiceError, match=rf"port {port} of MLflow: .*--mlflow-port"):
            choose_port(port, thing="MLflow", option="--mlflow-port")


def test_free_port_is_found_for_zero_and_kept_when_named():
    free = choose_port(0, thing="MLflow", option="--mlflow-port")

    assert choose_port(free, thing="MLflow", option="--mlflow-port") == free > 0
