"""Check the embedded MLflow's database file before MLflow opens it.

MLflow itself tries for minutes to open a file that cannot be opened.
"""

import sqlite3
from contextlib import closing

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.sqlite_addresses import find_sqlite_path
from credit_default.errors import ServiceError


def check_database_file(tracking_uri: str) -> None:
    """Check that the SQLite file of this address can be opened, and create its folder when absent.

    Args:
        tracking_uri: MLflow's address; nothing is checked for any other than `sqlite:///…`.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    path = find_sqlite_path(tracking_uri)
    if path is None:
        return
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        raise ServiceError(
            f"MLflow's database {path}",
            found=str(error),
            expected="a file that can be opened, or a folder to create it in",
            remedy="Free some space or correct the permissions, then run the same command again.",
        ) from error
