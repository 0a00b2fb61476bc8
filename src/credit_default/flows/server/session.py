"""A Prefect server around the flows of one command: the one that the settings name, or one of the command's own."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
from credit_default.errors import hide_credentials
from credit_default.flows.server.ephemeral_server import (
    PrefectServer,
    build_prefect_environment,
    graceful_shutdown,
    is_server_reachable,
    run_on_server,
    start_server,
    stop_server,
)
from credit_default.settings import Settings, copy_environment, export_environment

FLOW_MODULES = (
    "mlflow",
    *(f"credit_default.flows.{name}" for name in ("train", "predict", "monitor", "reconcile")),
)
REPORT_MODULES = ("evidently", "evidently.presets")  # six seconds of imports


@dataclass(frozen=True, slots=True)
class Session:
    """A block in which flows can run, and what people should know of the server that they run on."""

    notes: tuple[str, ...] = ()


@contextmanager
def flow_session(
    settings: Settings, *, preload_modules: Sequence[str] = FLOW_MODULES
) -> Iterator[Session]:
    """A block in which flows can run; the modules `preload_modules` are imported while the server comes up."""
    with start_session(settings) as server:
        import_modules(preload_modules)
        with run_on_server(
            server,
            api_url=settings.prefect.api_url,
            timeout_seconds=settings.prefect.startup_seconds,
        ):
            yield Session(_list_server_notes(settings, server))


@contextmanager
def start_session(settings: Settings) -> Iterator[PrefectServer | None]:
    """A server of this command's own, started and not yet waited for, or None when the settings name one that answers.

    SIGTERM and SIGHUP unwind what runs inside.

    Raises:
        InputError: the lake, where the server keeps its records, is no folder.
        ServiceError: the disk refuses.
    """
    prepare_libraries(settings)
    with graceful_shutdown():
        if is_server_reachable(
            settings.prefect.api_url, timeout_seconds=settings.prefect.wait_seconds
        ):
            yield None
            return
        home = _find_prefect_home(settings)
        with disk_errors(home):
            server = start_server(home, environment=copy_environment())
        try:
            yield server
        finally:
            stop_server(server)


def import_modules(names: Sequence[str]) -> None:
    """Nothing; the modules are imported: what takes seconds is done while something else has to be waited for."""
    for name in names:
        importlib.import_module(name)


def prepare_libraries(settings: Settings) -> None:
    """Nothing; MLflow and Prefect find what they read from the environment when they are imported after this."""
    # matplotlib keeps a list of fonts, in the home folder unless told otherwise; nothing is written outside our own.
    pictures = {"MPLCONFIGDIR": str(Path(settings.cache).expanduser().absolute() / "matplotlib")}
    home = build_prefect_environment(_find_prefect_home(settings))
    given = {name: value for name, value in copy_environment().items() if name in pictures}
    export_environment({**pictures, **given, **MLFLOW_ENVIRONMENT, **home})


def _list_server_notes(settings: Settings, server: PrefectServer | None) -> tuple[str, ...]:
    named = hide_credentials(settings.prefect.api_url)
    return (
        (f"Prefect at {named} is away: this ran on a server of its own",)
        if named and server is not None
        else ()
    )


def _find_prefect_home(settings: Settings) -> Path:
    return open_lake(settings.lake, home=Path(settings.home)).home / "prefect"
