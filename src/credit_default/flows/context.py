"""What a flow knows before it begins: the settings in force, the parts they name, the commit, the time."""

import datetime as dt
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from credit_default.services.wiring import Wiring, wire
from credit_default.settings import Settings, load_settings


def connect(overrides: Mapping[str, Any], config: Sequence[str]) -> Wiring:
    """The parts that the settings name; flows of one process with the same settings share their connections.

    `overrides` is nested like a configuration file and wins over everything else.

    Raises:
        InputError: a setting that nothing reads or that is out of its range.
    """
    return _connect(load_settings(overrides, config_files=config).settings.model_dump_json())


@lru_cache(maxsize=4)
def _connect(settings: str) -> Wiring:
    return wire(Settings.model_validate_json(settings), commit=read_commit())


def read_commit() -> str:
    """The commit that this code was checked out at, `-dirty` behind it when files differ; `unknown` outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return answer.stdout.strip() or "unknown"


def read_clock() -> dt.datetime:
    """This moment, UTC."""
    return dt.datetime.now(dt.UTC)
