"""A Prefect server around the flows of one command: the one that the settings name, or one of the command's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_default.adapters.tracking import MLFLOW_ENVIRONMENT
from credit_default.flows.server import describe_environment, run_on_server, start_server
from credit_default.settings import Settings, copy_environment, export_environment


@contextmanager
def flow_session(settings: Settings) -> Iterator[None]:
    """A block in which flows can run. An own server is started before Prefect is imported, so that both happen at once."""
    home = Path(settings.lake).expanduser().absolute() / "prefect"
    own = None
    prepare_libraries(settings)
    if not settings.prefect.api_url:
        own = start_server(home, environment=copy_environment())
    with run_on_server(own, api_url=settings.prefect.api_url, timeout_seconds=settings.prefect.startup_seconds):
        yield


def prepare_libraries(settings: Settings) -> None:
    """Nothing; MLflow and Prefect find what they read from the environment when they are imported after this."""
    home = Path(settings.lake).expanduser().absolute() / "prefect"
    export_environment({**MLFLOW_ENVIRONMENT, **describe_environment(home)})
