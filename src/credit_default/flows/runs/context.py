"""Build what a flow needs before it begins: the settings in force, the parts that they name, the commit and the time."""

import datetime as dt
import logging
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
from credit_default.environment import list_set_aside
from credit_default.errors import InputError
from credit_default.flows.runs.run_log import start_run_log
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.settings import (
    Settings,
    copy_environment,
    drop_variables,
    export_environment,
    find_services,
    load_settings,
    prepare_network,
    require_no_secrets,
)

_LOG = logging.getLogger(__name__)
_DESCRIBE_COMMIT: Final = ("describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")


def connect(overrides: Mapping[str, Any], config: Sequence[str]) -> Wiring:
    """Return the parts that the settings name. Flows of one process with the same settings share their connections.

    Inside a flow run, log lines go to the run's log on the Prefect server from here on.

    Args:
        overrides: Settings that win over all others, nested like a configuration file.
        config: Paths of configuration files, the later ones winning.

    Raises:
        InputError: A setting is unknown or out of its range, or the overrides hold a secret.
        SetupError: The environment keeps the commands from what the settings name.
    """
    require_no_secrets(overrides)
    settings = load_settings(overrides, config_files=config).settings
    prepare_network(settings)
    start_run_log(settings.logging)
    wiring = _connect(settings.model_dump_json())
    _LOG.info("connected lake=%s commit=%s", wiring.lake.uri, wiring.commit)
    return wiring


@lru_cache(maxsize=4)
def _connect(settings: str) -> Wiring:
    named = Settings.model_validate_json(settings)
    # in a worker's process nothing has done so yet
    aside = list_set_aside(copy_environment(), find_services(named), library="MLFLOW")
    drop_variables(aside - set(MLFLOW_ENVIRONMENT))
    export_environment(MLFLOW_ENVIRONMENT)
    return build_wiring(named, commit=read_commit())


def read_commit() -> str:
    """Return the commit that this code is checked out at, ending in `-dirty` when files differ from it.

    Where this code is not tracked, as in an installed wheel, it is `unknown`.
    """
    # An environment may lie within the repository of other work, whose commit would go on record.
    if not _ask_git("ls-files", Path(__file__).name):
        return "unknown"
    return _ask_git(*_DESCRIBE_COMMIT) or "unknown"


def _ask_git(*words: str) -> str:
    """Return what git says about the folder of this file, "" where it says nothing."""
    # within a git hook GIT_DIR names another repository
    environment = {k: v for k, v in copy_environment().items() if not k.startswith("GIT_")}
    command = ["git", "-C", str(Path(__file__).parent), *words]
    try:
        answer = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=10, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()


def read_clock() -> dt.datetime:
    """Return the present moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def draw_salt() -> str:
    """Return 32 random hexadecimal digits, for a row whose digest must not lead back to it."""
    return secrets.token_hex(16)


def read_identity(wiring: Wiring, by: str | None = None) -> str:
    """Return who decides: the given name, else the setting `identity`, else the account that runs this process.

    Raises:
        InputError: None of them is set, and the account has no name.
    """
    if by is not None:
        return by
    if wiring.settings.identity:
        return wiring.settings.identity
    try:
        import pwd  # not on every system

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError) as error:
        raise InputError(
            "who decides",
            found="an account without a name",
            expected="the name of a person or an account",
            remedy="Name yourself with --by or the setting `identity`.",
        ) from error
