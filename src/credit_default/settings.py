"""What is in force and where it came from: the only reader (and writer) of the environment.

Defaults stand beside the code that uses them (the frozen policy classes) < configuration files in TOML <
`CREDIT_DEFAULT_*` variables (two underscores go one level down) < flags. A key or a variable that nothing reads is
refused: a mistyped threshold would otherwise be a silent one.
"""

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource

from credit_default.errors import InputError, hide_credentials
from credit_default.sections import ENVIRONMENT_PREFIX, SECRETS, Settings

__all__ = [
    "LoadedSettings",
    "SettingOrigin",
    "Settings",
    "copy_environment",
    "export_environment",
    "load_settings",
    "require_no_secrets",
]

CONFIG_VARIABLE = "CREDIT_DEFAULT_CONFIG"
_HIDDEN = "***"
# Variables that users of MLflow and Prefect already have; ours, when set, come first.
STANDARD_VARIABLES = {
    "MLFLOW_TRACKING_URI": ("mlflow", "tracking_uri"),
    "PREFECT_API_URL": ("prefect", "api_url"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One value in force, by its dotted name, and the source that set it."""

    name: str
    value: object
    origin: str


@dataclasses.dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force and, for each, where it came from."""

    settings: Settings
    origins: tuple[SettingOrigin, ...]

    def find_origin(self, name: str) -> str:
        """Return what set the setting of this dotted name: `default`, `file …`, `environment` or `flag`."""
        return next(one.origin for one in self.origins if one.name == name)


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    config_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """The settings in force, each with its origin.

    `flags` is nested like the configuration file; None values are flags that were not given. `environment` defaults to
    the process's own.

    Raises:
        InputError: an unknown key or variable, a value out of range, a file that is missing or not TOML.
    """
    variables = dict(os.environ if environment is None else environment)
    files = [*filter(None, variables.get(CONFIG_VARIABLE, "").split(os.pathsep)), *config_files]
    layers = [(f"file {name}", _read_config(name)) for name in files]
    layers += [("environment", _read_environment(variables)), ("flag", _drop_none(flags or {}))]
    for origin, layer in layers:
        _require_known_names(layer, origin)
    settings = _validate(_merge([layer for _, layer in layers]))
    return LoadedSettings(settings, tuple(_list_origins(settings, layers)))


def require_no_secrets(overrides: Mapping[str, Any]) -> None:
    """Nothing; returns when no override is a secret: what a flow is given stands in Prefect for everybody to read.

    Raises:
        InputError: one is.
    """
    for name in _list_dotted_names(overrides):
        value: Any = overrides
        for part in name.split("."):
            value = value[part]
        if (name in SECRETS and value) or hide_credentials(str(value)) != str(value):
            raise InputError(
                f"setting {name}",
                found="a secret among what the flow is given",
                expected="secrets in the environment",
                remedy=f"Set {ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')} instead.",
            )


def export_environment(variables: Mapping[str, str]) -> None:
    """Nothing; sets variables that other libraries read, for this process and those that it starts."""
    os.environ.update(variables)


def copy_environment() -> dict[str, str]:
    """A copy of the process's environment, for a process that we start."""
    return dict(os.environ)


def _read_config(name: str) -> dict[str, Any]:
    path = Path(name)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"configuration file {name}",
            found=error.strerror or str(error),
            expected="a readable TOML file",
            remedy="Check the path given with --config or CREDIT_DEFAULT_CONFIG.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"configuration file {name}",
            found=str(error),
            expected="TOML",
            remedy="Mend the line that it names.",
        ) from error


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
    """Every (dotted name, value) below `value`, in order of declaration."""
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
        first, remedy = error.errors()[0], "`credit-default settings` shows what is in force."
        name = ".".join(str(part) for part in first["loc"])
        if any(
            secret.startswith(name) for secret in SECRETS
        ):  # the error itself would show it, as its cause
            raise InputError(
                f"setting {name}", found="something else", expected=first["msg"], remedy=remedy
            ) from None
        raise InputError(
            f"setting {name}", found=repr(first["input"]), expected=first["msg"], remedy=remedy
        ) from error


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
