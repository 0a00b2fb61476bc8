import os
import sys
import time

import pytest

from credit_default.adapters.local_stack.processes import Program
from credit_default.errors import ServiceError
from credit_default.services.operations.stack_supervisor import (
    open_stack,
    wait_for_programs,
    watch_programs,
)

# says that it is up, and writes down when it was asked to end
ORDERLY = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""


def program(name, code, *arguments, **given):
    return Program(name, (sys.executable, "-u", "-c", code, *arguments), dict(os.environ), **given)


def never():
    return False


def unmended(_program):
    raise AssertionError("nothing to mend")


def lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_commands_are_stopped_before_the_servers_and_nothing_is_left(tmp_path):
    order = str(tmp_path / "order")
    server = program("server", ORDERLY, order, "server", ready_text="up", is_server=True)
    worker = program("worker", ORDERLY, order, "worker", ready_text="up")

    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([server])
        stack.start([worker])
        assert wait_for_programs(
            stack.running, timeout_seconds=300, stop_requested=never, reset_password=unmended
        )

    assert (tmp_path / "order").read_text().split() == ["worker", "server"]
    assert not any(lives(one.process.pid) for one in stack.running)


def test_program_that_fails_to_start_ends_the_others_and_its_error_has_the_end_of_its_log(tmp_path):
    good = program("good", "import time; time.sleep(600)")
    bad = program("bad", "print('no such table'); raise SystemExit(7)", ready_text="up")

    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([good, bad])
        with pytest.raises(ServiceError) as failure:
            wait_for_programs(
                stack.running, timeout_seconds=300, stop_requested=never, reset_password=unmended
            )

    assert "bad: found an end with code 7; its log ends with: no such table" in str(failure.value)
    assert str(tmp_path / "bad.log") in str(failure.value)
    assert not any(lives(one.process.pid) for one in stack.running)


def test_program_that_does_not_answer_is_not_waited_for_for_ever(tmp_path):
    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([program("slow", "import time; time.sleep(600)", ready_text="up")])

        with pytest.raises(ServiceError, match="no answer in 0 s"):
            wait_for_programs(
                stack.running, timeout_seconds=0.2, stop_requested=never, reset_password=unmended
            )


def test_end_that_is_asked_for_meanwhile_stops_the_waiting(tmp_path):
    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([program("slow", "import time; time.sleep(600)", ready_text="up")])

        assert not wait_for_programs(
            stack.running, timeout_seconds=300, stop_requested=lambda: True, reset_password=unmended
        )


def test_end_of_one_program_is_an_error(tmp_path):
    short = program(
        "short",
        "import time; print('up', flush=True); time.sleep(.5); raise SystemExit(9)",
        ready_text="up",
    )

    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([short])
        wait_for_programs(
            stack.running, timeout_seconds=300, stop_requested=never, reset_password=unmended
        )

        with pytest.raises(ServiceError, match="short: found an end with code 9"):
            watch_programs(stack.running, stop_requested=never, show_log_line=None)


def test_new_lines_of_each_log_are_shown_with_the_programs_name(tmp_path):
    reported = []
    until = time.monotonic() + 300

    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start(
            [program("one", "print('a'); print('b', flush=True); import time; time.sleep(600)")]
        )
        watch_programs(
            stack.running,
            stop_requested=lambda: len(reported) == 2 or time.monotonic() > until,
            show_log_line=lambda *line: reported.append(line),
        )

    assert reported == [("one", "a"), ("one", "b")]


def test_password_is_reset_once_for_a_server_that_refuses_it(tmp_path):
    refusing = """
import http.server
class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401); self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
print(server.server_port, flush=True)
server.serve_forever()
"""
    mended = []
    with open_stack(logs=tmp_path, stop_seconds=120) as stack:
        stack.start([program("server", refusing)])
        while not (port := (tmp_path / "server.log").read_text().strip()):
            time.sleep(0.05)
        (one,) = stack.running
        asked = Program("server", one.program.command, {}, health_url=f"http://127.0.0.1:{port}/")
        stack.running[:] = [type(one)(asked, one.process, one.log_path)]

        with pytest.raises(ServiceError, match="refuses our user and password"):
            wait_for_programs(
                stack.running,
                timeout_seconds=300,
                stop_requested=never,
                reset_password=lambda program: mended.append(program.name),
            )

    assert mended == ["server"]
