"""What every room's tests may use: the real data when at hand, a lake of one's own, one Prefect server a session."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data" / "UCI_Credit_Card.csv"


def pytest_configure(config):
    # Prefect and MLflow read these when first imported, which a test's own fixture would be too late for.
    for name in [name for name in os.environ if name.startswith(("CREDIT_DEFAULT_", "MLFLOW_", "PREFECT_"))]:
        del os.environ[name]
    from credit_default.adapters.tracking import MLFLOW_ENVIRONMENT
    from credit_default.flows.server import describe_environment

    home = Path(tempfile.mkdtemp(prefix="credit-default-prefect-"))
    os.environ.update(MLFLOW_ENVIRONMENT)
    os.environ.update(describe_environment(home))


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.exists():
        pytest.skip("the real data set is not at hand (../shared/data/UCI_Credit_Card.csv)")
    return REAL_DATA


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    from credit_default.flows.server import run_on_server, start_server

    server = start_server(Path(os.environ["PREFECT_HOME"]), environment=dict(os.environ))
    with run_on_server(server, api_url="", timeout_seconds=180):
        yield
