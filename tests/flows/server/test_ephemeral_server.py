import signal
import subprocess
import sys

import pytest

from credit_default.errors import ServiceError
from credit_default.flows.server.ephemeral_server import (
    PrefectServer,
    stop_server,
    wait_for_prefect,
)


def start(tmp_path, code):
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    return PrefectServer(process, "http://127.0.0.1:1/api", tmp_path / "server.log")


def test_error_about_a_server_that_ended_has_its_code_and_its_log(tmp_path):
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
