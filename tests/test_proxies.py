"""Every HTTP client that is used here, with proxies in the shell."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

FAKES = Path(__file__).parent / "fakes"
open_recording_proxy = runpy.run_path(str(FAKES / "recording_proxy.py"))["open_recording_proxy"]
CLIENTS = str(FAKES / "http_clients.py")
NAMES = {"urllib", "httpx", "requests", "boto3", "deltalake", "websockets", "apprise", "download"}
OUTSIDE = "outside.example.invalid"
SOCKS = "socks5://127.0.0.1:9"


def build_environment(**variables):
    dropped = ("_PROXY", "CREDIT_DEFAULT_", "PREFECT_", "MLFLOW_", "AWS_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().endswith(dropped[0]) and not name.startswith(dropped[1:])
    }
    return {**kept, **variables}


def send_from_all_clients(*hosts, **variables):
    """Send a request from each client to each host, and return what each of them says."""
    ended = subprocess.run(
        [sys.executable, CLIENTS, *hosts],
        env=build_environment(**variables),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize(
    "name", [pytest.param("ALL_PROXY", marks=pytest.mark.nightly), "http_proxy"]
)
def test_every_client_sends_outside_requests_to_the_proxy_and_none_to_loopback(name):
    loopback = ("127.0.0.1", "localhost", "127.0.0.2", "0.0.0.0")

    with open_recording_proxy() as proxy:
        said = send_from_all_clients(OUTSIDE, *loopback, **{name: proxy.address})

    through = {client for client in NAMES if any(client in line for line in proxy.lines)}
    assert through | ({"websockets"} if f"CONNECT {OUTSIDE}:1" in proxy.lines else set()) == NAMES
    assert [line for line in proxy.lines if OUTSIDE not in line] == [], said


def test_no_client_goes_around_a_socks_proxy_that_it_cannot_use():
    said = send_from_all_clients(OUTSIDE, "127.0.0.1", ALL_PROXY=SOCKS)

    assert set(said[OUTSIDE]) == NAMES
    assert "all_proxy.socks-proxies-are-not-supported" in said[OUTSIDE]["requests"]
    assert not [one for one in said[OUTSIDE].values() if one == "answered" or "socksio" in one]
    assert not [one for one in said["127.0.0.1"].values() if "socks" in one]
