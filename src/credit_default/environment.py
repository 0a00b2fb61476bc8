"""What is inherited from the shell: what a command's own servers get of it, what is set aside, what is in force.

A server that a command starts takes nothing but what is listed here: a database, a profile or a key that somebody set for
another system does not reach it. In the command's own process, variables of MLflow and Prefect would change where runs
go: they are set aside unless the settings name the server that they are meant for. Variables come in as a mapping.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.addresses import Proxy, hide_proxy_credentials
from credit_default.errors import hide_credentials
from credit_default.gates.verdict import Verdict
from credit_default.named_services import NamedServices

PROXY_VARIABLES: Final = tuple(
    spelled
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for spelled in (name, name.upper())
)
# A server needs to find programs and its user's files, and to know the language, the time zone and a scratch folder.
_SERVER_VARIABLES: Final = {
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
    ),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
}
_LOCALE_PREFIX: Final = "LC_"
CERTIFICATE_VARIABLES: Final = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
)
# What would change where runs go, or how they are kept, on a named server too.
_DIVERTING_MLFLOW: Final = re.compile(
    r"MLFLOW_(REGISTRY_URI|RUN_ID|EXPERIMENT_NAME|EXPERIMENT_ID|ACTIVE_MODEL_ID)"
)
_DIVERTING_PREFECT: Final = re.compile(r"PREFECT_(PROFILE|PROFILES_PATH|HOME|_?SERVER_.*|_?TEST.*)")
_SECRET: Final = re.compile(r"KEY|TOKEN|PASSWORD|SECRET|AUTH_STRING|HEADERS|COOKIE")
_CODE_VARIABLES: Final = ("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "LD_PRELOAD")


@dataclass(frozen=True, slots=True)
class InheritedVariable:
    """A variable of the shell that changes a result or a destination, its secrets hidden, and what it does."""

    name: str
    value: str
    effect: str


def select_server_variables(
    environment: Mapping[str, str], *, also: Sequence[str] = ()
) -> dict[str, str]:
    """Return what a server that this process starts gets of the environment.

    It finds the same packages as this process, however this one found them, and none in the working folder.

    Args:
        environment: The environment.
        also: What the names of other variables begin with that it needs.
    """
    prefixes = (_LOCALE_PREFIX, *also)
    kept = {
        name: value
        for name, value in environment.items()
        if name in _SERVER_VARIABLES or name.startswith(prefixes)
    }
    return kept | _describe_interpreter()


def list_set_aside(
    environment: Mapping[str, str], services: NamedServices, *, library: str
) -> set[str]:
    """Return the names of MLflow's or Prefect's variables that this process must not act upon.

    Args:
        environment: The environment.
        services: Whether a server is named: its credentials, headers and certificates stay.
        library: `MLFLOW` or `PREFECT`.
    """
    is_named, diverting = {
        "MLFLOW": (bool(services.mlflow), _DIVERTING_MLFLOW),
        "PREFECT": (bool(services.prefect), _DIVERTING_PREFECT),
    }[library]
    return {
        name
        for name in environment
        if name.startswith(f"{library}_") and not (is_named and not diverting.fullmatch(name))
    }


def list_inherited(
    environment: Mapping[str, str], services: NamedServices
) -> tuple[InheritedVariable, ...]:
    """Return what is inherited and changes a result or a destination, or would if it were not set aside.

    The variables that the settings read are left out: they are listed as settings.

    Args:
        environment: The environment as the shell handed it over.
        services: What the settings name.
    """
    effects = dict(_list_effects(environment, services))
    return tuple(
        InheritedVariable(name, _show_value(name, environment[name]), effects[name])
        for name in sorted(effects)
    )


def judge_inherited(environment: Mapping[str, str], services: NamedServices) -> Verdict:
    """Return what `list_inherited` lists as a verdict, which is always ok: nothing is wrong with any of it."""
    lines = [
        f"{one.name}={one.value}: {one.effect}" for one in list_inherited(environment, services)
    ]
    nothing = "nothing is inherited from the shell that changes a result"
    return Verdict("environment", "ok", tuple(lines) or (nothing,))


def _describe_interpreter() -> dict[str, str]:
    """Return the variables with which another process of this interpreter finds the same packages."""
    # a folder with the separator in its name cannot be handed over; those of the interpreter itself are found anyway
    folders = [
        folder
        for folder in map(os.path.abspath, filter(None, sys.path))
        if os.pathsep not in folder
    ]
    variables = {"PYTHONPATH": os.pathsep.join(folders), "PYTHONSAFEPATH": "1"}
    if sys.dont_write_bytecode:
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
    if sys.pycache_prefix:
        variables["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    return variables


def _list_effects(
    environment: Mapping[str, str], services: NamedServices
) -> Iterator[tuple[str, str]]:
    """Yield the name of each variable that has an effect, with the effect."""
    for name in filter(environment.get, PROXY_VARIABLES):
        yield name, _describe_proxy_effect(Proxy(name, environment[name]))
    for name in filter(environment.get, CERTIFICATE_VARIABLES):
        yield name, "whose certificates https connections trust"
    for name in filter(environment.get, _CODE_VARIABLES):
        yield name, "which code runs"
    for name in environment:
        if name.startswith("AWS_") and name not in CERTIFICATE_VARIABLES:
            yield name, "buckets and queues"
    for library, key in (("MLFLOW", "MLFLOW_TRACKING_URI"), ("PREFECT", "PREFECT_API_URL")):
        aside = list_set_aside(environment, services, library=library)
        for name in environment:
            if name.startswith(f"{library}_") and name != key:
                yield name, "set aside: not in force" if name in aside else "the named server"


def _describe_proxy_effect(proxy: Proxy) -> str:
    if proxy.variable.lower() == "no_proxy":
        return "these addresses are contacted directly"
    if not proxy.is_supported:
        return "not supported: addresses outside this machine cannot be reached"
    return "addresses outside this machine go through it"


def _show_value(name: str, value: str) -> str:
    if name in PROXY_VARIABLES:
        return hide_proxy_credentials(value)
    is_path = name.endswith(("_FILE", "_PATH", "_DIR", "_BUNDLE"))
    return "***" if _SECRET.search(name) and not is_path else hide_credentials(value)
