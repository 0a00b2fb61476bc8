"""Who logs in to MLflow, and with what: taken out of the address, since MLflow tells addresses in its complaints and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class MlflowAddress:
    """An address that may be told, and the variables by which MLflow's client logs in there."""

    uri: str
    login: Mapping[str, str] = field(default_factory=dict, repr=False)


def split_login(uri: str) -> MlflowAddress:
    """The address without who logs in; one that is no server's, or says nothing of that, as it is."""
    parts = urlsplit(uri) if uri.startswith("http") else None
    if parts is None or "@" not in parts.netloc:
        return MlflowAddress(uri)
    login, _, place = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    variables = {
        "MLFLOW_TRACKING_USERNAME": unquote(user),
        "MLFLOW_TRACKING_PASSWORD": unquote(password),
    }
    return MlflowAddress(urlunsplit(parts._replace(netloc=place)), variables)
