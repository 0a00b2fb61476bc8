"""The servers, buckets and queues that the settings name, and whether the network lets a command reach them.

Variables come in as a mapping: nothing here reads the environment.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from credit_default.addresses import find_proxy, list_proxies, require_supported_proxy
from credit_default.errors import SetupError

_S3_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_AWS_ADDRESS: Final = "https://s3.amazonaws.com"


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
