"""Check the merged settings: keys that nothing reads, and values out of range, all of them at once, each with what set it."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from credit_default.addresses import AddressError
from credit_default.errors import CreditDefaultError, InputError, SetupError, list_faults
from credit_default.setting_layers import drop_names, list_names, list_values, merge_layers

Layers = Sequence[tuple[str, Mapping[str, Any]]]  # each with its origin, from the weakest on

_SETTINGS_REMEDY: Final = "`credit-default settings` shows the settings in force."
# Variables that users of MLflow and Prefect have set already; `CREDIT_DEFAULT_*` wins over them.
STANDARD_VARIABLES = {
    "MLFLOW_TRACKING_URI": ("mlflow", "tracking_uri"),
    "PREFECT_API_URL": ("prefect", "api_url"),
}
# Settings that stand under another name now, so that an earlier configuration file can be mended.
_MOVED = {"performance.lowest_coverage_share": "coverage.lowest_share"}


def suggest_name(name: str, known: Collection[str]) -> str:
    """Return what an unknown name probably should be."""
    if name in _MOVED:
        return f"{_MOVED[name]}, its new name"
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"{close[0]} or another known name" if close else "a known name"


def find_setting_faults(
    layers: Layers,
    variables: Mapping[str, str],
    *,
    settings: type[BaseSettings],
    secrets: Collection[str],
) -> list[CreditDefaultError]:
    """Return what is wrong with the settings that the layers merge to: unknown keys, and values out of range.

    Args:
        layers: The layers, each with its origin.
        variables: The environment, for the name of the variable that set a value.
        settings: The class of all settings.
        secrets: The names of those whose values are never shown.
    """
    known = {name for name, _ in list_values(settings.model_construct())}
    named = [(name, origin) for origin, layer in layers for name in list_names(layer)]
    unknown = {name for name, _ in named} - known
    faults: list[CreditDefaultError] = [
        InputError(
            f"setting {name} ({origin})",
            found="a key that nothing reads",
            expected=suggest_name(name, known),
            remedy="Rename or remove it; `credit-default settings` lists every key.",
        )
        for name, origin in named
        if name in unknown
    ]
    merged = drop_names(merge_layers([layer for _, layer in layers]), unknown)
    # Section by section: what a policy itself refuses would end the check of all.
    for key, value in merged.items():
        try:
            settings(**{key: value})
        except InputError as error:
            faults += list_faults(error)
        except ValidationError as error:
            # pydantic's own error would show a secret's value, as the cause of ours
            faults += [
                _build_value_fault(
                    detail,
                    source=_name_source(
                        _name_setting(detail),
                        layers,
                        variables,
                        prefix=settings.model_config["env_prefix"],
                    ),
                    secrets=secrets,
                )
                for detail in error.errors()
            ]
    return faults


def _name_setting(detail: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in detail["loc"])


def _build_value_fault(
    detail: Mapping[str, Any], *, source: str, secrets: Collection[str]
) -> InputError:
    name = _name_setting(detail)
    secret = any(secret.startswith(name) for secret in secrets)
    cause = detail.get("ctx", {}).get("error")
    return SetupError(
        f"setting {name}{source}",
        found="another value" if secret else repr(detail["input"]),
        expected=cause.expected if isinstance(cause, AddressError) else detail["msg"],
        remedy=cause.remedy if isinstance(cause, AddressError) else _SETTINGS_REMEDY,
    )


def _name_source(name: str, layers: Layers, variables: Mapping[str, str], *, prefix: str) -> str:
    """Return, in parentheses, what set the setting as a person wrote it: a file, a flag or a variable by its name."""
    setters = [origin for origin, layer in layers if name in list_names(layer)]
    if not setters:
        return ""
    if setters[-1] != "environment":
        return f" ({setters[-1]})"
    ours = f"{prefix}{name.upper().replace('.', '__')}"
    standard = {".".join(parts): variable for variable, parts in STANDARD_VARIABLES.items()}
    return f" (environment variable {ours if variables.get(ours) else standard.get(name, ours)})"
