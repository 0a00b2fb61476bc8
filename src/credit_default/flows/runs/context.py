"""What a flow knows before it begins: the settings in force, the parts they name, the commit, the time."""

import datetime as dt
import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
from credit_default.errors import InputError
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.settings import Settings, export_environment, load_settings, require_no_secrets


def connect(overrides: Mapping[str, Any], config: Sequence[str]) -> Wiring:
    """The parts that the settings name; flows of one process with the same settings share their connections.

    `overrides` is nested like a configuration file and wins over everything else.

    Raises:
        InputError: a setting that nothing reads or that is out of its range, or a secret among the overrides.
    """
    require_no_secrets(overrides)
    return _connect(load_settings(overrides, config_files=config).settings.model_dump_json())


@lru_cache(maxsize=4)
def _connect(settings: str) -> Wiring:
    export_environment(MLFLOW_ENVIRONMENT)  # a worker's process is prepared by nobody else
    return build_wiring(Settings.model_validate_json(settings), commit=read_commit())


def read_commit() -> str:
    """The commit that this code was checked out at, `-dirty` behind it when files differ; `unknown` outside a checkout."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--abbrev=40",
        "--dirty",
        "--exclude=*",
    ]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return answer.stdout.strip() or "unknown"


def read_clock() -> dt.datetime:
    """This moment, UTC."""
    return dt.datetime.now(dt.UTC)


def read_identity(wiring: Wiring, by: str | None = None) -> str:
    """Who decides: as named, else as the settings say, else the account that runs this process.

    Raises:
        InputError: the account has no name either.
    """
    if by is not None or wiring.settings.identity:
        return wiring.settings.identity if by is None else by
    try:
        import pwd  # not on every system

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError) as error:
        raise InputError(
            "who decides",
            found="an account without a name",
            expected="somebody who can be named",
            remedy="Name yourself with --by or the setting `identity`.",
        ) from error
