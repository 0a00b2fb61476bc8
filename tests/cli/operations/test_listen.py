import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", ["serve", "listen"])
def test_long_running_process_needs_a_long_running_server(run, tmp_path, command):
    answer = run(command, "--lake", tmp_path / "lake")

    assert answer.exit_code == 2
    assert answer.stderr.startswith(
        f"credit-default {command}: setting prefect.api_url: found none"
    )
    assert "credit-default up" in answer.stderr


@pytest.mark.parametrize(
    "queue",
    [
        "https://sqs.eu-central-1.amazonaws.com/123456789012/incoming",
        pytest.param("incoming", marks=pytest.mark.nightly),
    ],
)
def test_queue_is_of_a_bucket_and_by_its_address(tmp_path, queue):
    ended = end_by_itself("listen", queue, lake=tmp_path / "lake")

    assert ended.returncode == 2
    assert "listen.queue_url" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_invalid_schedule_is_refused_before_the_server_is_asked(tmp_path):
    ended = end_by_itself(
        "serve", lake=tmp_path / "lake", CREDIT_DEFAULT_SCHEDULE__TRAIN="on Mondays"
    )

    assert ended.returncode == 2
    assert "setting schedule.train: found 'on Mondays' in 'UTC'" in ended.stderr


def end_by_itself(*arguments, lake, **variables):
    command = [sys.executable, "-c", "from credit_default.cli.main import run; run()", *arguments]
    environment = {
        **os.environ,
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
        "CREDIT_DEFAULT_LAKE": str(lake),
    }
    return subprocess.run(
        command,
        env=environment | variables,
        cwd=lake.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
