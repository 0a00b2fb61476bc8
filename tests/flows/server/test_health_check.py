import pytest

from credit_default.errors import InputError
from credit_default.flows.server.health_check import is_server_reachable


@pytest.mark.parametrize("api_url", ["127.0.0.1/api", "no address"])
def test_invalid_address_is_refused_and_not_waited_for(api_url):
    with pytest.raises(InputError, match=r"prefect\.api_url"):
        is_server_reachable(api_url, timeout_seconds=60)


def test_no_server_is_reachable_where_none_is_named_or_none_is_there():
    assert not is_server_reachable("", timeout_seconds=60)
    assert not is_server_reachable("http://127.0.0.1:9/api", timeout_seconds=0.2)
