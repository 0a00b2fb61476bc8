"""The configuration files: which of them the environment names, and what is in one.

Their names travel to the processes that a command starts in one variable, `CREDIT_DEFAULT_CONFIG`.
"""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from credit_default.errors import InputError

CONFIG_VARIABLE: Final = "CREDIT_DEFAULT_CONFIG"
_JSON_ARRAY: Final = '["'  # how a value of it begins that is a JSON array
# The settings that belong to a portfolio and may stand in its file: how its models are made and judged, no place and no server.
PORTFOLIO_SECTIONS: Final = frozenset(
    (
        *("recipe", "search", "decision", "reasons", "economics", "loss", "fairness", "proxies"),
        *("stability", "quality", "promotion", "drift", "feed", "performance", "coverage"),
        *("estimate", "fairness_drift"),
    )
)


def list_config_files(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the configuration files that `CREDIT_DEFAULT_CONFIG` names: a list with `:` between the names, or a JSON array."""
    value = environment.get(CONFIG_VARIABLE, "")
    if not value.startswith(_JSON_ARRAY):
        return tuple(filter(None, value.split(os.pathsep)))
    try:
        return tuple(str(name) for name in json.loads(value))
    except ValueError as error:
        raise InputError(
            f"environment variable {CONFIG_VARIABLE}",
            found=f"{value[:80]!r} ({error})",
            expected="names of files with : between them, or a JSON array of names",
            remedy="Correct or unset it.",
        ) from error


def join_config_files(names: Sequence[str]) -> str:
    """Return the value of `CREDIT_DEFAULT_CONFIG` that names these files, whatever characters are in their names."""
    is_plain = not any(os.pathsep in name or name.startswith(_JSON_ARRAY) for name in names)
    return os.pathsep.join(names) if is_plain else json.dumps(names)


def read_config_file(name: str) -> dict[str, Any]:
    """Return what is in the configuration file of this name; a relative one starts at the working folder.

    Raises:
        InputError: It cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(Path(name).expanduser().read_text(encoding="utf-8"))
    except (OSError, RuntimeError) as error:  # the latter: ~ names no account
        raise InputError(
            f"configuration file {name}",
            found=getattr(error, "strerror", None) or str(error),
            expected="a readable TOML file",
            remedy="Check the path given with --config or CREDIT_DEFAULT_CONFIG.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"configuration file {name}",
            found=str(error),
            expected="TOML",
            remedy="Correct the line that the message names.",
        ) from error


def list_portfolio_layers(name: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the settings that the file of a portfolio declares, as a layer with its origin; none where it has none.

    Args:
        name: The setting `portfolio`. A file that cannot be read has no layer: who reads the
            portfolio itself says so.
    """
    content = read_portfolio_content(name)
    layer = {section: content[section] for section in content if section in PORTFOLIO_SECTIONS}
    return [(f"portfolio {name}", layer)] if layer else []


def read_portfolio_content(name: Any) -> dict[str, Any]:
    """Return what is in the file of a portfolio; nothing where it cannot be read, or `name` is a built-in one's."""
    try:
        return tomllib.loads(Path(name).expanduser().read_text(encoding="utf-8"))
    except (OSError, RuntimeError, ValueError, TypeError):
        return {}
