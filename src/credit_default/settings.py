"""Load the settings in force, each with its origin; the only reader (and writer) of the environment.

From weakest to strongest: the defaults of the policy classes, the portfolio's own file,
configuration files in TOML, `CREDIT_DEFAULT_*` variables (two underscores separate a section from its key), flags. A key or a
variable that nothing reads is refused: a mistyped threshold would otherwise be ignored silently.
"""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_settings import EnvSettingsSource

from credit_default.addresses import build_proxy_variables
from credit_default.errors import InputError, hide_credentials, join_faults
from credit_default.model.families.recipe_size import SIZED_PARAMETERS, list_unset_of_members
from credit_default.named_services import NamedServices, require_usable_network
from credit_default.portfolio_declaration import list_declaration_faults
from credit_default.setting_faults import (
    STANDARD_VARIABLES,
    find_setting_faults,
    suggest_name,
)
from credit_default.setting_layers import (
    drop_none,
    find_unset,
    list_names,
    list_values,
    merge_layers,
    show_value,
)
from credit_default.settings_files import (
    CONFIG_VARIABLE,
    list_config_files,
    list_portfolio_layers,
    read_config_file,
)
from credit_default.settings_sections import ENVIRONMENT_PREFIX, SECRETS, Settings

__all__ = [
    "LoadedSettings",
    "SettingOrigin",
    "Settings",
    "copy_environment",
    "drop_variables",
    "export_environment",
    "find_services",
    "load_settings",
    "prepare_network",
    "require_no_secrets",
]

_OPERATORS_ONLY = (
    "engine.scheduler",
    "engine.tls_",
    "estimators.",
    "room.",
    "signing.",
)  # who may start a run may not say whom it trusts


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
        InputError: An unknown variable, a missing or invalid file, or unknown keys and values out of range: all of
            these are told at once, with the faults of the portfolio's declaration.
    """
    variables = dict(os.environ if environment is None else environment)
    files = [*list_config_files(variables), *config_files]
    layers = [(f"file {name}", read_config_file(name)) for name in files]
    layers += [("environment", _read_environment(variables)), ("flag", drop_none(flags or {}))]
    given = merge_layers([layer for _, layer in layers])
    portfolio = given.get("portfolio", Settings.model_fields["portfolio"].default)
    layers = [*list_portfolio_layers(portfolio), *layers]
    if faults := find_setting_faults(layers, variables, settings=Settings, secrets=SECRETS):
        declared = list_declaration_faults(portfolio)
        of_portfolio = declared or any("(portfolio " in fault.thing for fault in faults)
        thing = f"portfolio {portfolio}" if of_portfolio else "the settings"
        raise join_faults(thing, [*faults, *declared])
    given = merge_layers([layer for _, layer in layers])
    sized = find_unset([layer for _, layer in layers], SIZED_PARAMETERS, section="recipe")
    settings = Settings(**{"sized_parameters": sized, **given})
    if "sized_parameters" not in given:
        of_members = list_unset_of_members(settings.recipe, given.get("recipe", {}).get("members"))
        settings = settings.model_copy(update={"sized_parameters": (*sized, *of_members)})
    return LoadedSettings(settings, tuple(_list_origins(settings, layers)))


def require_no_secrets(overrides: Mapping[str, Any]) -> None:
    """Raise if an override is a secret, as Prefect's pages show a flow's parameters to all users, or says whom to trust.

    Raises:
        InputError: An override sets a secret setting or one of trust, or has credentials in an address.
    """
    for name in list_names(overrides):
        value: Any = overrides
        for part in name.split("."):
            value = value[part]
        is_trust = name.startswith(_OPERATORS_ONLY)
        if is_trust or (name in SECRETS and value) or hide_credentials(str(value)) != str(value):
            raise InputError(
                f"setting {name}",
                found=f"{'whom to trust' if is_trust else 'a secret'} among the flow's parameters",
                expected=f"{'trust' if is_trust else 'secrets'} in the environment only",
                remedy=f"Set {ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')} instead.",
            )


def export_environment(variables: Mapping[str, str]) -> None:
    """Set variables that other libraries read, for this process and those that it starts."""
    os.environ.update(variables)


def copy_environment() -> dict[str, str]:
    """Return a copy of the process's environment, for a process that it starts."""
    return dict(os.environ)


def drop_variables(names: Iterable[str]) -> None:
    """Remove variables that other libraries would read, from this process and those that it starts."""
    for name in names:
        os.environ.pop(name, None)


def prepare_network(settings: Settings) -> None:
    """Let every library of this process use the same proxies, and none of them for this machine's own servers.

    Call it before anything is contacted.

    Raises:
        SetupError: The environment keeps the commands from what the settings name; see `require_usable_network`.
    """
    services = find_services(settings)
    require_usable_network(os.environ, services)
    export_environment(build_proxy_variables(os.environ, services.list_local_addresses(os.environ)))


def find_services(settings: Settings) -> NamedServices:
    """Return the servers, buckets and queues that the settings name."""
    return NamedServices(
        mlflow=settings.mlflow.tracking_uri,
        prefect=settings.prefect.api_url,
        queue=settings.listen.queue_url,
        in_bucket=any(uri.startswith("s3://") for uri in (settings.lake, settings.stack.artifacts)),
        hooks=settings.notify.addresses,
    )


def _read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    known = {
        f"{ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')}"
        for name, _ in list_values(Settings.model_construct())
    } | {CONFIG_VARIABLE}
    for name in sorted(n for n in variables if n.startswith(ENVIRONMENT_PREFIX) and n not in known):
        raise InputError(
            f"environment variable {name}",
            found="a name that nothing reads",
            expected=suggest_name(name, known),
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
    return merge_layers([standard, source()])


def _list_origins(
    settings: Settings, layers: Sequence[tuple[str, Mapping[str, Any]]]
) -> Iterator[SettingOrigin]:
    set_by = {name: origin for origin, layer in layers for name in list_names(layer)}
    for name, value in list_values(settings):
        shown = show_value(name, value, secrets=SECRETS, sized=settings.sized_parameters)
        yield SettingOrigin(name, shown, set_by.get(name, "default"))
