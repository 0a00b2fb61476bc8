"""From flags to settings in force, and a Prefect server around the flows of one command."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credit_default.settings import Settings


def read_settings(flags: Mapping[str, Any], config: list[str] | None) -> "Settings":
    """The settings in force; see `credit_default.settings.load_settings`."""
    from credit_default.settings import load_settings

    return load_settings(flags, config_files=config or ()).settings


@contextmanager
def flow_session(settings: "Settings") -> Iterator[None]:
    """A block in which flows can run: on the server that the settings name, or on one of this command's own.

    The own server is started before anything heavy is imported, so that both happen at once.
    """
    from credit_default.flows.server import describe_environment, run_on_server, start_server
    from credit_default.settings import copy_environment, export_environment

    home = Path(settings.lake).expanduser().absolute() / "prefect"
    own = None
    export_environment(describe_environment(home))
    if not settings.prefect.api_url:
        own = start_server(home, environment=copy_environment())
    with run_on_server(own, api_url=settings.prefect.api_url, timeout_seconds=settings.prefect.startup_seconds):
        yield
