from collections.abc import Iterator

import pytest


@pytest.fixture
def on_standing_server(standing_server) -> Iterator[str]:
    """Whatever asks for a Prefect server in this process is answered by the one that stays."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(updates={PREFECT_API_URL: standing_server}):
        yield standing_server
