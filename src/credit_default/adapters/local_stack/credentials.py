"""Find or generate the credentials of the local stack's servers.

What the environment sets is used and never written. What it does not set is generated once for each lake and kept in a
file that only its owner can read, in the form that a shell reads: after `set -a; . FILE; set +a` every command can log in
to the servers.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import disk_errors

ADMINISTRATOR: Final = "admin"
_LINE = re.compile(r"(?m)^([A-Z_]+)='([^'\n]*)'$")
_USERNAME, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_ROOM_USERNAME, _ROOM_PASSWORD = "CONTROL_ROOM_USERNAME", "CONTROL_ROOM_PASSWORD"
_AUTH_STRING, _SESSION_KEY = "PREFECT_API_AUTH_STRING", "MLFLOW_FLASK_SERVER_SECRET_KEY"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials that the stack's servers ask for. No value is shown in a `repr`."""

    mlflow_username: str
    mlflow_password: str = field(repr=False)
    prefect_auth_string: str = field(repr=False)  # user:password, as Prefect writes it
    room_password: str = field(repr=False)  # of the control room's first administrator
    session_key: str = field(repr=False)  # signs the sessions of MLflow's and Evidently's pages
    # by variable name: what the environment does not set, and the file therefore keeps
    generated: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def client_variables(self) -> dict[str, str]:
        """The environment variables from which MLflow's and Prefect's own clients read their credentials."""
        return {
            _USERNAME: self.mlflow_username,
            _PASSWORD: self.mlflow_password,
            _AUTH_STRING: self.prefect_auth_string,
        }

    def forget_room_password(self) -> "Credentials":
        """Return the credentials without that of the control room: its administrator has another one."""
        kept = {name: value for name, value in self.generated.items() if name != _ROOM_PASSWORD}
        return replace(self, generated=kept)


def read_credentials(path: Path, *, environment: Mapping[str, str]) -> Credentials:
    """Return the credentials in force: the environment's, else the file's, else newly generated ones.

    Args:
        path: The file that `write_credentials` wrote; it need not exist.
        environment: The variables of the process that starts the stack.

    Raises:
        ServiceError: The file cannot be read.
    """
    with disk_errors(path):
        kept = dict(_LINE.findall(path.read_text(encoding="utf-8"))) if path.exists() else {}
    fresh = {
        _PASSWORD: secrets.token_urlsafe(24),
        _AUTH_STRING: f"{ADMINISTRATOR}:{secrets.token_urlsafe(24)}",
        _ROOM_PASSWORD: secrets.token_urlsafe(24),
        _SESSION_KEY: secrets.token_urlsafe(32),
    }
    # A shell that has read the file sets the same values as the file: those still count as generated.
    generated = {
        name: kept.get(name) or value
        for name, value in fresh.items()
        if environment.get(name, "") in {"", kept.get(name)}
    }
    values = {**environment, **generated}
    return Credentials(
        environment.get(_USERNAME) or ADMINISTRATOR,
        values[_PASSWORD],
        values[_AUTH_STRING],
        values[_ROOM_PASSWORD],
        values[_SESSION_KEY],
        generated,
    )


def write_credentials(
    path: Path, credentials: Credentials, *, addresses: Mapping[str, str]
) -> None:
    """Write the servers' addresses and the generated credentials to a file that only its owner can read.

    Args:
        path: The file; its folder is made when absent, and the file replaced in one step.
        credentials: The credentials; only the user name and what was generated are written.
        addresses: The servers' addresses by the variables from which clients read them.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    names = {_USERNAME: credentials.mlflow_username}
    if _ROOM_PASSWORD in credentials.generated:
        names[_ROOM_USERNAME] = ADMINISTRATOR
    lines = {**addresses, **names, **credentials.generated}
    text = "".join(f"{name}='{value}'\n" for name, value in lines.items())
    with disk_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}")
        staged.unlink(missing_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        staged.replace(path)
