import signal
import subprocess
import sys

import pytest

from credit_default.errors import InputError, ServiceError
from credit_default.flows.server.ephemeral_server import (
    PrefectServer,
    _drop_named_server,
    graceful_shutdown,
    is_server_reachable,
    stop_server,
    wait_for_prefect,
)


def start(tmp_path, code):
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    return PrefectServer(process, "http://127.0.0.1:1/api", tmp_path / "server.log")


def test_server_that_ended_is_told_with_its_code_and_its_log(tmp_path):
    server = start(tmp_path, "raise SystemExit(3)")

    with pytest.raises(ServiceError, match=r"ended with code 3.*server\.log"):
        wait_for_prefect(server, timeout_seconds=30)

    stop_server(server)


def test_server_that_does_not_answer_is_not_waited_for_for_ever(tmp_path):
    server = start(tmp_path, "import time; time.sleep(60)")

    with pytest.raises(ServiceError, match="no answer in 0 s"):
        wait_for_prefect(server, timeout_seconds=0.2)

    stop_server(server)
    assert server.process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("api_url", ["127.0.0.1/api", "no address"])
def test_what_is_no_address_is_refused_and_not_waited_for(api_url):
    with pytest.raises(InputError, match=r"prefect\.api_url"):
        is_server_reachable(api_url, timeout_seconds=60)


def test_nobody_answers_where_none_is_named_or_nobody_is():
    assert not is_server_reachable("", timeout_seconds=60)
    assert not is_server_reachable("http://127.0.0.1:9/api", timeout_seconds=0.2)


def test_server_that_is_named_is_not_the_one_that_a_command_starts(tmp_path):
    environment = _drop_named_server({"PREFECT_API_URL": "http://elsewhere/api", "PATH": "/bin"})

    assert environment == {"PATH": "/bin"}


def test_sigterm_unwinds_the_block_and_is_an_exit_code():
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ending, graceful_shutdown():
        signal.raise_signal(signal.SIGTERM)

    assert ending.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_hangup_stays_ignored_where_it_was_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with graceful_shutdown():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
