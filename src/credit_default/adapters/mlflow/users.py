"""Who may use the stack's MLflow server: its configuration file, and a password that follows ours.

MLflow takes the administrator's password from the environment at its first start only. Afterwards it stands, hashed, in a
database of its own: one that was changed since, which is how a secret is rotated, is written there.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.errors import ServiceError

# Checked passwords are remembered for a minute: hashing one costs .4 s a request otherwise.
_CONFIGURATION: Final = """\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = {database_uri}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 60
"""


def write_auth_configuration(path: Path, *, database_uri: str) -> None:
    """Nothing; the file is what MLFLOW_AUTH_CONFIG_PATH may name. No password stands in it.

    Raises:
        ServiceError: the disk refuses.
    """
    write_atomically(
        path, _CONFIGURATION.format(database_uri=database_uri.replace("%", "%%")).encode()
    )


def change_password(
    password: str, *, username: str, database_uri: str, environment: Mapping[str, str]
) -> None:
    """Nothing; the user's password is this one, beside a server that may be running.

    It is done by a process of its own, which gets `environment`: MLflow's server parts read theirs when imported.

    Raises:
        ServiceError: there is no such user, or the password is too short for MLflow.
    """
    ended = subprocess.run(  # noqa: S603 - our own interpreter and fixed arguments
        [sys.executable, "-m", "credit_default.adapters.mlflow.users", database_uri, username],
        input=password,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise ServiceError(
            f"MLflow's user {username}",
            found=(ended.stderr.strip().splitlines() or ["no answer"])[-1],
            expected="one whose password can be set",
            remedy="Name its administrator with MLFLOW_TRACKING_USERNAME, and a password of 12 characters or more.",
        )


def set_password(database_uri: str, username: str, *, password: str) -> None:
    """Nothing; the database holds the password's hash."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(database_uri)  # type: ignore[no-untyped-call]
    store.update_user(username, password=password)


if __name__ == "__main__":
    set_password(*sys.argv[1:3], password=sys.stdin.read())
