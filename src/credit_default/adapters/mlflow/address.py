"""Take the credentials out of MLflow's address, because MLflow repeats addresses in its messages and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class MlflowAddress:
    """An address that may be shown, and the environment variables from which MLflow's client reads the credentials."""

    uri: str
    login: Mapping[str, str] = field(default_factory=dict, repr=False)


def split_login(uri: str) -> MlflowAddress:
    """Separate the user and password from a server's address; any other address comes back unchanged.

    Args:
        uri: MLflow's tracking address, as in `http://user:password@host:5000` or `sqlite:///mlflow.db`.
    """
    parts = urlsplit(uri) if uri.startswith("http") else None
    if parts is None or "@" not in parts.netloc:
        return MlflowAddress(uri)
    login, _, host_and_port = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    variables = {
        "MLFLOW_TRACKING_USERNAME": unquote(user),
        "MLFLOW_TRACKING_PASSWORD": unquote(password),
    }
    return MlflowAddress(urlunsplit(parts._replace(netloc=host_and_port)), variables)
