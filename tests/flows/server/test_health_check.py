import runpy
from pathlib import Path

import pytest

from credit_default.errors import InputError
from credit_default.flows.server.health_check import is_server_reachable

FAKE = Path(__file__).parents[2] / "fakes" / "recording_proxy.py"
open_recording_proxy = runpy.run_path(str(FAKE))["open_recording_proxy"]


@pytest.mark.parametrize("api_url", ["127.0.0.1/api", "no address"])
def test_invalid_address_is_refused_and_not_waited_for(api_url):
    with pytest.raises(InputError, match=r"prefect\.api_url"):
        is_server_reachable(api_url, timeout_seconds=60)


def test_no_server_is_reachable_where_none_is_named_or_none_is_there():
    assert not is_server_reachable("", timeout_seconds=60)
    assert not is_server_reachable("http://127.0.0.1:9/api", timeout_seconds=0.2)


@pytest.mark.parametrize(
    ("status", "reachable"),
    [
        *((status, True) for status in (200, 401, 403, 404, 500)),
        *((status, False) for status in (407, 502, 503, 504)),
    ],
)
def test_answer_of_a_gateway_is_not_the_servers(status, reachable):
    with open_recording_proxy(status) as answering:
        found = is_server_reachable(f"{answering.address}/api", timeout_seconds=0.5)

    assert found == reachable
    assert answering.lines[0] == "GET /api/health"


def test_server_outside_is_asked_through_the_proxy_and_one_on_this_machine_directly(monkeypatch):
    with open_recording_proxy(200) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", "")
        outside = is_server_reachable("http://prefect.example.invalid/api", timeout_seconds=5)
        here = is_server_reachable("http://127.0.0.1:9/api", timeout_seconds=0.2)

    assert (outside, here) == (True, False)
    assert proxy.lines == ["GET http://prefect.example.invalid/api/health"]
