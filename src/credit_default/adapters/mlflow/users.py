"""Write the user configuration of the stack's MLflow server, and keep its administrator's password up to date.

MLflow reads the administrator's password from the environment at its first start only. Afterwards it is kept, hashed, in
a database of MLflow's own. When the password in the environment has changed since (a secret was rotated), it is written
there.
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
    """Write the file that MLFLOW_AUTH_CONFIG_PATH names. It holds no password.

    Args:
        path: Where to write it.
        database_uri: The database in which MLflow keeps its users, as SQLAlchemy writes it.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    escaped = database_uri.replace("%", "%%")
    write_atomically(path, _CONFIGURATION.format(database_uri=escaped).encode())


def change_password(
    password: str, *, username: str, database_uri: str, environment: Mapping[str, str]
) -> None:
    """Set the user's password in the database of MLflow's users; the server may be running meanwhile.

    A process of its own does it, which gets `environment`: MLflow's server modules read theirs when they are imported.

    Args:
        password: The new password; passed on standard input, not in the command line.
        username: An existing user.
        database_uri: The database in which MLflow keeps its users.
        environment: All the variables that the process gets.

    Raises:
        ServiceError: There is no such user, or the password is too short for MLflow.
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
            expected="a user whose password can be set",
            remedy="Name its administrator with MLFLOW_TRACKING_USERNAME, and a password of 12 characters or more.",
        )


def set_password(database_uri: str, username: str, *, password: str) -> None:
    """Write the hash of the user's new password into the database of MLflow's users."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(database_uri)  # type: ignore[no-untyped-call]
    store.update_user(username, password=password)


if __name__ == "__main__":
    set_password(*sys.argv[1:3], password=sys.stdin.read())
