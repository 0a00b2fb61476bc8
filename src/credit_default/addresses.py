"""Addresses of servers: which are well formed, which are on this machine, and which proxy the others go through.

Libraries disagree about proxies: urllib and boto3 do not know ALL_PROXY, most know no address ranges in NO_PROXY, and none
of those that we use can speak SOCKS. `build_proxy_variables` writes the same proxies in the form that all understand,
with the names of this machine excepted. Variables come in as a mapping: nothing here reads the environment.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from credit_default.errors import SetupError, hide_credentials

# 0.0.0.0 is where servers listen; as an address to call it means this machine. An IPv6 address stands without brackets:
# httpx refuses to start on others, and who reads NO_PROXY as urllib does must not use it for `[::1]`.
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", ".localhost", "::1", "0.0.0.0", "127.0.0.0/8")  # noqa: S104 - not to bind to
_SCHEMES: Final = ("http", "https")
_UNSUPPORTED: Final = ".socks-proxies-are-not-supported.invalid"
_SQL_SCHEMES: Final = {"sqlite", "postgresql", "mysql", "mssql"}


class AddressError(ValueError):
    """An address that no server of the kind can have; `expected` and `remedy` as an `InputError` has them."""

    def __init__(self, expected: str, *, remedy: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.remedy = remedy


def check_mlflow_address(address: str) -> str:
    """Return the address if MLflow's runs and models can be kept there: a server, a database, or empty.

    Raises:
        AddressError: It is a folder, which holds no registry, or is not an address.
    """
    scheme, separator, _ = address.partition("://")
    is_database = bool(separator) and scheme.partition("+")[0] in _SQL_SCHEMES
    if not address or is_database or _names_server(address):
        return address
    raise AddressError(
        "http://host:port of an MLflow server, or a database such as sqlite:////folder/mlflow.db",
        remedy="Correct it, or leave it out: runs and models are then kept in the lake.",
    )


def check_prefect_address(address: str) -> str:
    """Return the address if it can be that of a Prefect server's API, or is empty.

    Raises:
        AddressError: It is not an address, or that of the server's pages.
    """
    if not address or (_names_server(address) and urlsplit(address).path.strip("/")):
        return address
    raise AddressError(
        "the address of a Prefect server's API, such as http://127.0.0.1:4200/api",
        remedy="Correct it (it ends with /api), or leave it out: each command then starts its own server.",
    )


def is_on_this_machine(address: str) -> bool:
    """Return whether the address, `scheme://host…`, is one of loopback."""
    host = find_host(address)
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return found.is_loopback or found.is_unspecified


def find_host(address: str) -> str:
    """Return the host of `scheme://user:password@host:port/path` in small letters, empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _names_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises when it is no number
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname) and not set(address) & set(" \t\n")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the environment variable that names it."""

    variable: str
    address: str

    @property
    def is_supported(self) -> bool:
        """Whether requests can go through it: SOCKS is not spoken here."""
        scheme, separator, _ = self.address.partition("://")
        return not separator or (
            scheme.lower() in _SCHEMES and not self.address.endswith(_UNSUPPORTED)
        )

    @property
    def shown(self) -> str:
        """The address without its credentials."""
        if self.address.endswith(_UNSUPPORTED):
            return "a SOCKS proxy"
        return hide_proxy_credentials(self.address)


def hide_proxy_credentials(address: str) -> str:
    """Return a proxy's address with `***` for its credentials, also where it is written without a scheme."""
    return hide_credentials(address if "://" in address else f"://{address}").removeprefix("://")


def list_proxies(variables: Mapping[str, str]) -> dict[str, Proxy]:
    """Return the proxy in force for each scheme, `http` and `https`; a scheme without one is left out.

    A variable in small letters wins over that in capitals, even if it is empty, as in urllib and requests. ALL_PROXY is
    for the schemes that have none of their own.
    """
    found: dict[str, Proxy] = {}
    for scheme in _SCHEMES:
        for kind in (scheme, "all"):
            name = _choose_name(f"{kind}_proxy", variables)
            if value := variables.get(name, "").strip():
                found[scheme] = _restore_proxy(name, value)
                break
            if name in variables and kind != "all":
                break  # set, and empty: no proxy for this scheme
    return found


def find_proxy(address: str, variables: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that a request to the address goes through, None where it goes directly."""
    if is_on_this_machine(address) or _is_excepted(address, variables):
        return None
    return list_proxies(variables).get(urlsplit(address).scheme)


def build_proxy_variables(
    variables: Mapping[str, str], addresses: Iterable[str] = ()
) -> dict[str, str]:
    """Return what to set so that all libraries use the same proxies, none of them for this machine's own servers.

    Empty where no proxy is in force. An unsupported proxy is replaced by an address that does not exist: requests fail
    then, and do not silently go around the proxy.

    Args:
        variables: The environment.
        addresses: Servers that are used, for those on this machine under another name than the usual ones.
    """
    if not (proxies := list_proxies(variables)):
        return {}
    hosts = [find_host(address) for address in addresses if is_on_this_machine(address)]
    given = variables.get(_choose_name("no_proxy", variables), "").split(",")
    excepted = dict.fromkeys(filter(None, [*map(str.strip, given), *LOOPBACK_HOSTS, *hosts]))
    values = {
        **{f"{scheme}_proxy": _write_proxy(proxy) for scheme, proxy in proxies.items()},
        "all_proxy": "",
        "no_proxy": ",".join(excepted),
    }
    return {spelled: value for name, value in values.items() for spelled in (name, name.upper())}


def require_supported_proxy(thing: str, address: str, variables: Mapping[str, str]) -> None:
    """Raise if the address can be reached only through a proxy that cannot be used.

    Args:
        thing: What is at the address, for the message.
        address: The address that is about to be used.
        variables: The environment.

    Raises:
        SetupError: The way there is a SOCKS proxy.
    """
    proxy = find_proxy(address, variables)
    if proxy is not None and not proxy.is_supported:
        raise SetupError(
            f"environment variable {proxy.variable}",
            found=f"{proxy.shown}, on the way to {thing} ({address})",
            expected="an http:// or https:// proxy, since SOCKS is not supported",
            remedy=f"Name such a proxy, or add {find_host(address)} to NO_PROXY if no proxy is needed to reach it.",
        )


def _choose_name(name: str, variables: Mapping[str, str]) -> str:
    return name if name in variables else name.upper()


def _is_excepted(address: str, variables: Mapping[str, str]) -> bool:
    """Return whether NO_PROXY names the address: its host, with or without the port, or a domain that the host is in."""
    host, host_and_port = find_host(address), urlsplit(address).netloc.rpartition("@")[2].lower()
    no_proxy = variables.get(_choose_name("no_proxy", variables), "").lower().split(",")
    names = [name for one in no_proxy if (name := one.strip().lstrip("."))]
    return "*" in names or any(
        found == name or found.endswith(f".{name}")
        for name in names
        for found in (host, host_and_port)
    )


def _write_proxy(proxy: Proxy) -> str:
    return proxy.address if proxy.is_supported else f"http://{proxy.variable}{_UNSUPPORTED}"


def _restore_proxy(name: str, value: str) -> Proxy:
    """Return the proxy under the variable that first named it, where `_write_proxy` replaced an unsupported one."""
    if value.endswith(_UNSUPPORTED):
        name = value.removeprefix("http://").removesuffix(_UNSUPPORTED)
    return Proxy(name, value)
