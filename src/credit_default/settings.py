"""What is in force and where it came from: the only reader (and writer) of the environment.

Defaults stand beside the code that uses them (the frozen policy classes) < configuration files in TOML <
`CREDIT_DEFAULT_*` variables (two underscores go one level down) < flags. One that nothing reads is refused.
"""

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from credit_default.errors import InputError
from credit_default.gates.drift import DriftPolicy
from credit_default.gates.feed_policy import FeedPolicy
from credit_default.gates.performance import PerformancePolicy
from credit_default.gates.promotion import PromotionPolicy
from credit_default.gates.quality import QualityPolicy
from credit_default.model.decision import DecisionPolicy
from credit_default.model.pipeline import Recipe

ENVIRONMENT_PREFIX = "CREDIT_DEFAULT_"
CONFIG_VARIABLE = "CREDIT_DEFAULT_CONFIG"
# Variables that users of MLflow and Prefect already have; ours, when set, come first.
STANDARD_VARIABLES = {"MLFLOW_TRACKING_URI": ("mlflow", "tracking_uri"), "PREFECT_API_URL": ("prefect", "api_url")}


class DataSettings(BaseModel):
    """Where the public data set is fetched from; each address gets `timeout_seconds` to answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    uci_url: str = "https://archive.ics.uci.edu/static/public/350/default+of+credit+card+clients.zip"
    openml_url: str = "https://api.openml.org/api/v1/json/data/42477"
    timeout_seconds: float = Field(default=5.0, gt=0)


class MlflowSettings(BaseModel):
    """Where runs and models are kept; empty means a SQLite database inside the lake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    tracking_uri: str = ""


class PrefectSettings(BaseModel):
    """Which Prefect server runs the flows; empty means one that the command starts and ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    api_url: str = ""
    startup_seconds: float = Field(default=120.0, gt=0)


class RefreshSettings(BaseModel):
    """How a retrain is judged: on the newest matured rows, month by month until there are `contest_row_count`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contest_row_count: int = Field(default=2_000, ge=200)
    test_share: float = Field(default=0.2, gt=0, lt=1)


class Settings(BaseSettings):
    """Everything that a person may set. Frozen: a run sees one set of values from its start to its end."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )
    lake: str = "./lake"
    home: str = "./.credit-default"  # beside a lake in a bucket: the embedded MLflow and Prefect's records
    cache: str = "./.cache"
    data: str = "public"
    portfolio: str = "credit-card"
    seed: int = Field(default=7, ge=0)
    jobs: int = Field(default=2, ge=1)
    report: Literal["full", "drift"] = "full"  # full: data summaries too, and quality once outcomes are known
    public_data: DataSettings = DataSettings()
    mlflow: MlflowSettings = MlflowSettings()
    prefect: PrefectSettings = PrefectSettings()
    refresh: RefreshSettings = RefreshSettings()
    recipe: Recipe = Recipe()
    decision: DecisionPolicy = DecisionPolicy()
    quality: QualityPolicy = QualityPolicy()
    promotion: PromotionPolicy = PromotionPolicy()
    drift: DriftPolicy = DriftPolicy()
    feed: FeedPolicy = FeedPolicy()
    performance: PerformancePolicy = PerformancePolicy()

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """The one source that `load_settings` merged; nothing else is looked at."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


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


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    config_files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """The settings in force, each with its origin.

    `flags` is nested like the files; None values were not given. `environment` defaults to the process's own.

    Raises:
        InputError: an unknown key or variable, a value out of range, a file that is missing or not TOML.
    """
    variables = dict(os.environ if environment is None else environment)
    files = [*filter(None, variables.get(CONFIG_VARIABLE, "").split(os.pathsep)), *config_files]
    layers = [(f"file {name}", _read_config(name)) for name in files]
    layers += [("environment", _read_environment(variables)), ("flag", _drop_none(flags or {}))]
    for origin, layer in layers:
        _refuse_unknown(layer, origin)
    settings = _validate(_merge([layer for _, layer in layers]))
    return LoadedSettings(settings, tuple(_trace(settings, layers)))


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
            f"configuration file {name}", found=error.strerror or str(error), expected="a readable TOML file",
            remedy="Check the path given with --config or CREDIT_DEFAULT_CONFIG.",
        ) from error  # fmt: skip
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"configuration file {name}", found=str(error), expected="TOML", remedy="Mend the line that it names.",
        ) from error  # fmt: skip


def _read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    known = {f"{ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')}" for name in _leaf_names()} | {CONFIG_VARIABLE}
    for name in sorted(n for n in variables if n.startswith(ENVIRONMENT_PREFIX) and n not in known):
        raise InputError(
            f"environment variable {name}", found="a name that nothing reads", expected=_nearest(name, known),
            remedy="Rename or unset it; `credit-default settings` lists every name.",
        )  # fmt: skip
    standard: dict[str, Any] = {}
    for variable, (section, key) in STANDARD_VARIABLES.items():
        if variables.get(variable):
            standard[section] = {key: variables[variable]}
    source = EnvSettingsSource(Settings, env_ignore_empty=True)
    source.env_vars = {k.lower(): v for k, v in variables.items() if k.startswith(ENVIRONMENT_PREFIX)}
    return _merge([standard, source()])


def _leaf_names() -> Iterator[str]:
    return (name for name, _ in _leaves(Settings.model_construct()))


def _leaves(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every (dotted name, value) below `value`, in order of declaration."""
    if isinstance(value, BaseModel):
        names = list(type(value).model_fields)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
    else:
        yield prefix, value
        return
    for name in names:
        yield from _leaves(getattr(value, name), f"{prefix}.{name}" if prefix else name)


def _flatten(layer: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in layer.items():
        name = f"{prefix}{key}"
        yield from _flatten(value, f"{name}.") if isinstance(value, Mapping) else [name]


def _refuse_unknown(layer: Mapping[str, Any], origin: str) -> None:
    known = set(_leaf_names())
    for name in _flatten(layer):
        if name not in known:
            raise InputError(
                f"setting {name} ({origin})", found="a key that nothing reads", expected=_nearest(name, known),
                remedy="Rename or remove it; `credit-default settings` lists every key.",
            )  # fmt: skip


def _nearest(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"{close[0]} or another known name" if close else "a known name"


def _validate(merged: dict[str, Any]) -> Settings:
    try:
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            "setting " + ".".join(str(part) for part in first["loc"]), found=repr(first["input"]),
            expected=first["msg"], remedy="`credit-default settings` shows what is in force.",
        ) from error  # fmt: skip


def _merge(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = merged.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping)
            merged[key] = _merge([old, value]) if both else value  # type: ignore[list-item]
    return merged


def _drop_none(flags: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: _drop_none(v) if isinstance(v, Mapping) else v for k, v in flags.items()}
    return {k: v for k, v in kept.items() if v is not None and v != {}}


def _trace(settings: Settings, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[SettingOrigin]:
    set_by = {name: origin for origin, layer in layers for name in _flatten(layer)}
    for name, value in _leaves(settings):
        yield SettingOrigin(name, value, set_by.get(name, "default"))
