"""The words that the stack's servers ask for: from the environment where they are set, else generated once for each lake.

What was generated stands in a file that its owner alone can read, in the form that a shell takes: `set -a; . FILE; set +a` lets
every command work with the servers. What the environment gives is never written.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import disk_errors

ADMINISTRATOR: Final = "admin"
_LINE = re.compile(r"(?m)^([A-Z_]+)='([^'\n]*)'$")
_USERNAME, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_AUTH_STRING, _SESSION_KEY = "PREFECT_API_AUTH_STRING", "MLFLOW_FLASK_SERVER_SECRET_KEY"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the servers ask for, and what of it is to be kept."""

    mlflow_username: str
    mlflow_password: str = field(repr=False)
    prefect_auth_string: str = field(repr=False)  # user:password, as Prefect has it
    session_key: str = field(repr=False)
    generated: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def client_variables(self) -> dict[str, str]:
        """What MLflow's and Prefect's own clients read from the environment."""
        return {
            _USERNAME: self.mlflow_username,
            _PASSWORD: self.mlflow_password,
            _AUTH_STRING: self.prefect_auth_string,
        }


def read_credentials(path: Path, *, environment: Mapping[str, str]) -> Credentials:
    """The words in force: the environment's, else the file's, else new ones.

    Raises:
        ServiceError: the disk refuses.
    """
    with disk_errors(path):
        kept = dict(_LINE.findall(path.read_text(encoding="utf-8"))) if path.exists() else {}
    fresh = {
        _PASSWORD: secrets.token_urlsafe(24),
        _AUTH_STRING: f"{ADMINISTRATOR}:{secrets.token_urlsafe(24)}",
        _SESSION_KEY: secrets.token_urlsafe(32),
    }
    # a shell that has read the file gives what is kept: it stays kept
    generated = {
        name: kept.get(name) or value
        for name, value in fresh.items()
        if environment.get(name, "") in {"", kept.get(name)}
    }
    words = {**environment, **generated}
    return Credentials(
        environment.get(_USERNAME) or ADMINISTRATOR,
        words[_PASSWORD],
        words[_AUTH_STRING],
        words[_SESSION_KEY],
        generated,
    )


def write_credentials(
    path: Path, credentials: Credentials, *, addresses: Mapping[str, str]
) -> None:
    """Nothing; the file holds the addresses and what was generated, for its owner alone.

    Raises:
        ServiceError: the disk refuses.
    """
    lines = {**addresses, _USERNAME: credentials.mlflow_username, **credentials.generated}
    text = "".join(f"{name}='{value}'\n" for name, value in lines.items())
    with disk_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}")
        staged.unlink(missing_ok=True)
        with os.fdopen(
            os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        staged.replace(path)
