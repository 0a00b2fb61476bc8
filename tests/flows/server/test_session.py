import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = """
import sys, time
from credit_default.flows.server.session import start_session
from credit_default.settings import load_settings

with start_session(load_settings({"lake": sys.argv[1]}).settings) as server:
    print(server.process.pid, flush=True)
    time.sleep(600)
"""


def is_running(process_id: int) -> bool:
    try:
        state = (
            Path(f"/proc/{process_id}/stat")
            .read_text(encoding="ascii")
            .rpartition(")")[2]
            .split()[0]
        )
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, and not yet reaped by its new parent


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc: run it on Linux"
)
@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_server_of_a_command_is_gone_after_it_however_it_was_ended(tmp_path, number, exit_code):
    command = [sys.executable, "-c", COMMAND, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        server_id = int(process.stdout.readline())
        assert is_running(server_id)

        process.send_signal(number)

        _, complaints = process.communicate(timeout=300)
    deadline = time.monotonic() + 300
    while is_running(server_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (process.returncode, complaints) == (exit_code, "")
    assert not is_running(server_id)


@pytest.mark.parametrize(
    ("given", "expected"), [(None, "cache/matplotlib"), ("elsewhere", "elsewhere")]
)
def test_font_list_is_kept_in_our_own_cache_unless_a_variable_says_otherwise(
    tmp_path, monkeypatch, given, expected
):
    from credit_default.flows.server.session import prepare_libraries
    from credit_default.settings import load_settings

    for name in ("PREFECT_HOME", "MPLCONFIGDIR"):  # put back after the test, whatever it sets
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setenv("MPLCONFIGDIR", given) if given else monkeypatch.delenv("MPLCONFIGDIR")

    prepare_libraries(
        load_settings({"lake": str(tmp_path / "lake"), "cache": str(tmp_path / "cache")}).settings
    )

    assert os.environ["MPLCONFIGDIR"].endswith(expected)
