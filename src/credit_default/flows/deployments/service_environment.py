"""Prepare a long-running process (`serve`, `listen`): the runs that it starts read the same settings as it does."""

import os
from collections.abc import Sequence
from pathlib import Path

from credit_default.flows.server.session import prepare_libraries
from credit_default.settings import CONFIG_VARIABLE, Settings, copy_environment, export_environment


def prepare_service(settings: Settings, *, config_files: Sequence[str]) -> None:
    """Export the lake, the server and the configuration files for the runs that this process starts.

    Call it before prefect is imported. Prefect's own log lines are shown on the terminal from INFO upwards, and as JSON
    when ours are.

    Args:
        settings: The settings in force.
        config_files: The configuration files of the command line; those of the environment come before them.
    """
    prepare_libraries(settings)
    before = filter(None, copy_environment().get(CONFIG_VARIABLE, "").split(os.pathsep))
    files = [str(Path(name).absolute()) for name in (*before, *config_files)]
    as_json = {"PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json"}
    export_environment(
        {
            "PREFECT_API_URL": settings.prefect.api_url,
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
            **(as_json if settings.logging.format == "json" else {}),
            CONFIG_VARIABLE: os.pathsep.join(files),
            "CREDIT_DEFAULT_LAKE": settings.lake,
        }
    )
