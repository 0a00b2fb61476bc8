"""Give the flows of one command a Prefect server: the one that the settings name, or an ephemeral one.

An ephemeral server comes up while the command still imports what it needs.
"""

import importlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.adapters.lake.layout import Lake, open_lake
from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
from credit_default.environment import list_set_aside
from credit_default.errors import hide_credentials
from credit_default.flows.server.ephemeral_server import (
    PrefectServer,
    build_prefect_environment,
    run_on_server,
    start_server,
    stop_server,
)
from credit_default.flows.server.graceful_shutdown import graceful_shutdown
from credit_default.flows.server.health_check import is_server_reachable
from credit_default.model.families.find_family import find_family
from credit_default.model.families.forests import ForestFamily
from credit_default.services.context.moved_lake import follow_moved_lake
from credit_default.settings import (
    Settings,
    copy_environment,
    drop_variables,
    export_environment,
    find_services,
    prepare_network,
)

_LOG = logging.getLogger(__name__)
FLOW_MODULES = (
    "mlflow",
    *(
        f"credit_default.flows.{name}"
        for name in ("train", "predict", "monitor", "reconcile", "maintain")
    ),
)
_SCORING_MODULES = (
    "mlflow",
    *(f"credit_default.flows.{name}" for name in ("predict", "monitor")),
)


def list_scoring_modules(settings: Settings) -> tuple[str, ...]:
    """Return what scoring and monitoring need, with the reader of bundles where the champion may be no forest (docs/adr/0042)."""
    is_forest = isinstance(find_family(settings.recipe), ForestFamily)
    return _SCORING_MODULES if is_forest else (*_SCORING_MODULES, "skops.io")


@dataclass(frozen=True, slots=True)
class Session:
    """A session in which flows can run, with notes for the summary about their server and their lake."""

    notes: tuple[str, ...] = ()


@contextmanager
def flow_session(
    settings: Settings, *, preload_modules: Sequence[str] = FLOW_MODULES
) -> Iterator[Session]:
    """Let flows run during the block; the modules `preload_modules` are imported while the server comes up."""
    moved = _follow_moved_lake(settings)
    with start_session(settings) as server:
        import_modules(preload_modules)
        with run_on_server(
            server,
            api_url=settings.prefect.api_url,
            timeout_seconds=settings.prefect.startup_seconds,
        ):
            yield Session((*_list_server_notes(settings, server), *moved))


@contextmanager
def start_session(settings: Settings) -> Iterator[PrefectServer | None]:
    """Start an ephemeral server for the block, without waiting until it answers; stop it afterwards.

    Yields None, and starts none, when the settings name a server that answers. SIGTERM and SIGHUP end the block in order.

    Raises:
        InputError: The address of the server, or the lake where an ephemeral server keeps its records, is not valid.
        ServiceError: The disk cannot be read or written.
    """
    prepare_libraries(settings)
    with graceful_shutdown():
        if is_server_reachable(
            settings.prefect.api_url, timeout_seconds=settings.prefect.wait_seconds
        ):
            yield None
            return
        if settings.prefect.api_url:
            address = hide_credentials(settings.prefect.api_url)
            _LOG.warning("prefect does not answer, starting an ephemeral server uri=%s", address)
        home = _find_prefect_home(settings)
        with disk_errors(home):
            server = start_server(home, environment=copy_environment())
        try:
            yield server
        finally:
            stop_server(server)


def import_modules(names: Sequence[str]) -> None:
    """Import the modules now, while something else has to be waited for: this takes seconds."""
    for name in names:
        importlib.import_module(name)


def prepare_libraries(settings: Settings) -> None:
    """Set the variables that MLflow, Prefect and matplotlib read when they are imported. Call this before that.

    What somebody has set for another system is set aside: it would change where runs go.

    Raises:
        SetupError: The environment keeps the commands from what the settings name.
    """
    prepare_network(settings)
    # matplotlib would keep its list of fonts in the home folder; nothing is written outside our own folders
    cache = resolve_folder(settings.cache, thing="setting cache")
    fonts = {"MPLCONFIGDIR": str(cache / "matplotlib")}
    given = {name: value for name, value in copy_environment().items() if name in fonts}
    prefect = build_prefect_environment(_find_prefect_home(settings))
    ours = {**fonts, **given, **MLFLOW_ENVIRONMENT, **prefect}
    for library in ("MLFLOW", "PREFECT"):
        aside = list_set_aside(copy_environment(), find_services(settings), library=library)
        drop_variables(aside - set(ours))
    export_environment(ours)


def _list_server_notes(settings: Settings, server: PrefectServer | None) -> tuple[str, ...]:
    named = hide_credentials(settings.prefect.api_url)
    if not named or server is None:
        return ()
    return (f"Prefect at {named} does not answer: this ran on an ephemeral server",)


def _follow_moved_lake(settings: Settings) -> tuple[str, ...]:
    return () if settings.mlflow.tracking_uri else follow_moved_lake(_open_lake(settings))


def _find_prefect_home(settings: Settings) -> Path:
    return _open_lake(settings).home / "prefect"


def _open_lake(settings: Settings) -> Lake:
    return open_lake(settings.lake, home=Path(settings.home))
