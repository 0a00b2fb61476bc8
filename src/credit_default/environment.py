"""What is inherited from the shell: what a command's own servers get of it, what is set aside, what is in force.

A server that a command starts takes nothing but what is listed here: a database, a profile or a key that somebody set for
another system does not reach it. In the command's own process, variables of MLflow and Prefect would change where runs
go: they are set aside unless the settings name the server that they are meant for. Variables come in as a mapping.
"""

import os
import re
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from credit_default.addresses import (
    find_proxy,
    hide_proxy_credentials,
    list_proxies,
    require_supported_proxy,
)
from credit_default.errors import SetupError, hide_credentials

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
_S3_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_AWS_ADDRESS: Final = "https://s3.amazonaws.com"


@dataclass(frozen=True, slots=True)
class InheritedVariable:
    """A variable of the shell that changes a result or a destination, its secrets hidden, and what it does."""

    name: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class NamedServices:
    """The servers, buckets and queues that the settings name; empty for those that they do not."""

    mlflow: str = ""
    prefect: str = ""
    queue: str = ""
    in_bucket: bool = False  # the lake or the models
    hooks: tuple[str, ...] = field(default=(), repr=False)  # where messages are sent; secrets

    def list_addresses(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the addresses that have to be reached, by what is there."""
        named = {
            "MLflow": self.mlflow if self.mlflow.startswith("http") else "",
            "Prefect": self.prefect,
            "the bucket": find_bucket_address(environment) if self.in_bucket else "",
            "the queue": self.queue,
        }
        return {thing: address for thing, address in named.items() if address}

    def list_local_addresses(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return all addresses that may be on this machine: also those that are used only at times."""
        return (
            *self.list_addresses(environment).values(),
            find_bucket_address(environment),
            *self.hooks,
        )


def find_bucket_address(environment: Mapping[str, str]) -> str:
    """Return the address of the store of buckets: the endpoint that the environment names, or AWS."""
    return next(filter(None, map(environment.get, _S3_ENDPOINTS)), _AWS_ADDRESS)


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


def describe_proxies(
    environment: Mapping[str, str], services: NamedServices
) -> tuple[tuple[str, ...], bool]:
    """Return which proxies the environment names and what goes through them, and whether all of them can be used."""
    proxies = list_proxies(environment)
    if not proxies:
        return ("none named: every address is contacted directly",), True
    lines = [
        f"{proxy.variable}={proxy.shown} for {scheme}:// addresses outside this machine"
        + ("" if proxy.is_supported else ": SOCKS is not supported, so these cannot be reached")
        for scheme, proxy in proxies.items()
    ]
    for thing, address in services.list_addresses(environment).items():
        way = find_proxy(address, environment)
        lines.append(f"{thing} ({address}): {f'through {way.variable}' if way else 'directly'}")
    lines.append("this machine's own servers, and what NO_PROXY names: directly")
    return tuple(lines), all(proxy.is_supported for proxy in proxies.values())


def require_usable_network(environment: Mapping[str, str], services: NamedServices) -> None:
    """Raise if the environment keeps the commands from what the settings name.

    Raises:
        SetupError: The way to a named server or bucket is a SOCKS proxy, or SSL_CERT_FILE holds no certificates.
    """
    for thing, address in services.list_addresses(environment).items():
        require_supported_proxy(thing, address, environment)
    if not (path := environment.get("SSL_CERT_FILE")):
        return
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError too
        raise SetupError(
            "environment variable SSL_CERT_FILE",
            found=f"{path}: {error.strerror or error}",
            expected="a file of certificates that can be read",
            remedy="Correct or unset it.",
        ) from error


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
        if name.lower() == "no_proxy":
            yield name, "these addresses are contacted directly"
        else:
            yield name, "addresses outside this machine go through it"
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


def _show_value(name: str, value: str) -> str:
    if name in PROXY_VARIABLES:
        return hide_proxy_credentials(value)
    is_path = name.endswith(("_FILE", "_PATH", "_DIR", "_BUNDLE"))
    return "***" if _SECRET.search(name) and not is_path else hide_credentials(value)
