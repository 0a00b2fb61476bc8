"""Prepare a long-running process (`serve`, `listen`): the runs that it starts read the same settings as it does."""

from collections.abc import Sequence
from pathlib import Path

from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.lake.layout import open_lake
from credit_default.flows.server.session import prepare_libraries
from credit_default.settings import Settings, copy_environment, export_environment
from credit_default.settings_files import CONFIG_VARIABLE, join_config_files, list_config_files


def prepare_service(settings: Settings, *, config_files: Sequence[str]) -> None:
    """Export the lake, the server and the configuration files for the runs that this process starts.

    Call it before prefect is imported. Prefect's own log lines are shown on the terminal from INFO upwards, and as JSON
    when ours are.

    Args:
        settings: The settings in force.
        config_files: The configuration files of the command line; those of the environment come before them.
    """
    prepare_libraries(settings)
    names = (*list_config_files(copy_environment()), *config_files)
    files = [str(resolve_file(name, thing="configuration file")) for name in names]
    # a run may be started in another folder than this process
    lake = open_lake(settings.lake, home=Path(settings.home))
    as_json = {"PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json"}
    export_environment(
        {
            "PREFECT_API_URL": settings.prefect.api_url,
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
            **(as_json if settings.logging.format == "json" else {}),
            CONFIG_VARIABLE: join_config_files(files),
            "CREDIT_DEFAULT_LAKE": lake.uri,
        }
    )
