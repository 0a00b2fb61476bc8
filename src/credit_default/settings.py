"""Load the settings in force, each with its origin; the only reader (and writer) of the environment.

From weakest to strongest: the defaults of the policy classes, configuration files in TOML,
`CREDIT_DEFAULT_*` variables (two underscores separate a section from its key), flags. A key or a
variable that nothing reads is refused: a mistyped threshold would otherwise be ignored silently.
"""

import dataclasses
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource

from credit_default.errors import InputError, hide_credentials
from credit_default.settings_files import CONFIG_VARIABLE, list_config_files, read_config_file
from credit_default.settings_sections import ENVIRONMENT_PREFIX, SECRETS, Settings

__all__ = [
    "LoadedSettings",
    "SettingOrigin",
    "Settings",
    "copy_environment",
    "export_environment",
    "load_settings",
    "require_no_secrets",
]

_HIDDEN = "***"
# Variables that users of MLflow and Prefect have set already; `CREDIT_DEFAULT_*` wins over them.
STANDARD_VARIABLES = {
    "MLFLOW_TRACKING_URI": ("mlflow", "tracking_uri"),
    "PREFECT_API_URL": ("prefect", "api_url"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class SettingOrigin:
    """A setting: its dotted name, its value, and what set it: default, file, environment or flag."""

    name: str
    value: object
    origin: str


@dataclasses.dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force and where each of them came from."""

    settings: Settings
    origins: tuple[SettingOrigin, ...]


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    config_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Return the settings in force, each with its origin.

    Args:
        flags: Values that win over all others, nested as in a file; None for a flag not given.
        config_files: Names of TOML files; later ones win over earlier ones, and all win over
            those that `CREDIT_DEFAULT_CONFIG` names.
        environment: Variables to read; None means those of the process.

    Raises:
        InputError: An unknown key or variable, a value out of range, a missing or invalid file.
    """
    variables = dict(os.environ if environment is None else environment)
    files = [*list_config_files(variables), *config_files]
    layers = [(f"file {name}", read_config_file(name)) for name in files]
    layers += [("environment", _read_environment(variables)), ("flag", _drop_none(flags or {}))]
    for origin, layer in layers:
        _require_known_names(layer, origin)
    settings = _validate(_merge([layer for _, layer in layers]))
    return LoadedSettings(settings, tuple(_list_origins(settings, layers)))


def require_no_secrets(overrides: Mapping[str, Any]) -> None:
    """Raise if an override is a secret: Prefect's pages show a flow's parameters to all users.

    Raises:
        InputError: An override sets a secret setting, or has credentials in an address.
    """
    for name in _list_dotted_names(overrides):
        value: Any = overrides
        for part in name.split("."):
            value = value[part]
        if (name in SECRETS and value) or hide_credentials(str(value)) != str(value):
            raise InputError(
                f"setting {name}",
                found="a secret among the flow's parameters",
                expected="secrets in the environment only",
                remedy=f"Set {ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')} instead.",
            )


def export_environment(variables: Mapping[str, str]) -> None:
    """Set variables that other libraries read, for this process and those that it starts."""
    os.environ.update(variables)


def copy_environment() -> dict[str, str]:
    """Return a copy of the process's environment, for a process that it starts."""
    return dict(os.environ)


def _read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    known = {
        f"{ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')}" for name in _list_setting_names()
    } | {CONFIG_VARIABLE}
    for name in sorted(n for n in variables if n.startswith(ENVIRONMENT_PREFIX) and n not in known):
        raise InputError(
            f"environment variable {name}",
            found="a name that nothing reads",
            expected=_suggest_name(name, known),
            remedy="Rename or unset it; `credit-default settings` lists every name.",
        )
    standard: dict[str, Any] = {}
    for variable, (section, key) in STANDARD_VARIABLES.items():
        if variables.get(variable):
            standard[section] = {key: variables[variable]}
    source = EnvSettingsSource(Settings, env_ignore_empty=True)
    source.env_vars = {
        k.lower(): v for k, v in variables.items() if k.startswith(ENVIRONMENT_PREFIX)
    }
    return _merge([standard, source()])


def _list_setting_names() -> Iterator[str]:
    return (name for name, _ in _list_settings(Settings.model_construct()))


def _list_settings(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every (dotted name, value) below `value`, in the order of declaration."""
    if isinstance(value, BaseModel):
        names = list(type(value).model_fields)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
    else:
        yield prefix, value
        return
    for name in names:
        yield from _list_settings(getattr(value, name), f"{prefix}.{name}" if prefix else name)


def _list_dotted_names(layer: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in layer.items():
        name = f"{prefix}{key}"
        yield from _list_dotted_names(value, f"{name}.") if isinstance(value, Mapping) else [name]


def _require_known_names(layer: Mapping[str, Any], origin: str) -> None:
    known = set(_list_setting_names())
    for name in _list_dotted_names(layer):
        if name not in known:
            raise InputError(
                f"setting {name} ({origin})",
                found="a key that nothing reads",
                expected=_suggest_name(name, known),
                remedy="Rename or remove it; `credit-default settings` lists every key.",
            )


def _suggest_name(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"{close[0]} or another known name" if close else "a known name"


def _validate(merged: dict[str, Any]) -> Settings:
    try:
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # pydantic's error would show a secret's value, as the cause of ours
        secret = any(secret.startswith(name) for secret in SECRETS)
        raise InputError(
            f"setting {name}",
            found="another value" if secret else repr(first["input"]),
            expected=first["msg"],
            remedy="`credit-default settings` shows the settings in force.",
        ) from (None if secret else error)


def _merge(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = merged.get(key)
            merged[key] = (
                _merge([old, value])
                if isinstance(old, Mapping) and isinstance(value, Mapping)
                else value
            )
    return merged


def _drop_none(flags: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: _drop_none(v) if isinstance(v, Mapping) else v for k, v in flags.items()}
    return {k: v for k, v in kept.items() if v is not None and v != {}}


def _list_origins(
    settings: Settings, layers: Sequence[tuple[str, Mapping[str, Any]]]
) -> Iterator[SettingOrigin]:
    set_by = {name: origin for origin, layer in layers for name in _list_dotted_names(layer)}
    for name, value in _list_settings(settings):
        shown = _HIDDEN if name in SECRETS and value else value
        yield SettingOrigin(name, shown, set_by.get(name, "default"))
