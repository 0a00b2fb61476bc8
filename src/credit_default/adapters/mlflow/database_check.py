"""The embedded MLflow's database file, looked at before MLflow does: it tries for minutes to open one that can't be."""

import sqlite3
from contextlib import closing
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import ServiceError

_SCHEME = "sqlite:///"


def check_database_file(tracking_uri: str) -> None:
    """Nothing; returns when the uri is a server's, or the SQLite file it names can be opened, its folder made if absent.

    Raises:
        ServiceError: the disk refuses.
    """
    if not tracking_uri.startswith(_SCHEME):
        return
    path = Path(tracking_uri.removeprefix(_SCHEME))
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        raise ServiceError(
            f"MLflow's database {path}",
            found=str(error),
            expected="a file that can be opened, or a folder to make it in",
            remedy="Free some space or mend the permissions, then run the same command again.",
        ) from error
