"""What a process that stays (`serve`, `listen`) hands down to the runs that it starts: the settings it was started with."""

import os
from collections.abc import Sequence
from pathlib import Path

from credit_default.flows.server.session import prepare_libraries
from credit_default.settings import CONFIG_VARIABLE, Settings, copy_environment, export_environment


def prepare_service(settings: Settings, *, config_files: Sequence[str]) -> None:
    """Nothing; this process logs to its terminal, and runs that it starts read the same lake and the same files.

    Call it before prefect is imported.
    """
    prepare_libraries(settings)
    before = filter(None, copy_environment().get(CONFIG_VARIABLE, "").split(os.pathsep))
    files = [str(Path(name).absolute()) for name in (*before, *config_files)]
    export_environment(
        {
            "PREFECT_API_URL": settings.prefect.api_url,
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
            CONFIG_VARIABLE: os.pathsep.join(files),
            "CREDIT_DEFAULT_LAKE": settings.lake,
        }
    )
