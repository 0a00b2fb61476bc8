"""Look up the versions in the embedded MLflow's database, read-only and without importing MLflow, which takes seconds.

This is a first look, for errors that need not wait: a version that does not exist, a champion that is missing. Where it sees
nothing for certain it says so, and MLflow is asked as always.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass

from credit_default.adapters.host.sqlite_addresses import find_sqlite_path
from credit_default.adapters.mlflow.model_versions import CHAMPION
from credit_default.adapters.mlflow.registry import MODEL_NAME

_VERSIONS = (
    "SELECT version FROM model_versions WHERE name = ? AND current_stage != 'Deleted_Internal'"
)
_CHAMPION = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"


@dataclass(frozen=True, slots=True)
class EmbeddedVersions:
    """The numbers of the registered versions, and which one has the champion alias."""

    numbers: frozenset[int] = frozenset()
    champion: int | None = None


def find_embedded_versions(tracking_uri: str, *, name: str = MODEL_NAME) -> EmbeddedVersions | None:
    """Return the versions in this SQLite database; none where the file does not exist yet.

    Returns:
        None where that cannot be told: MLflow is a server, or the database has other tables.
    """
    path = find_sqlite_path(tracking_uri)
    if path is None:
        return None
    if not path.exists():
        return EmbeddedVersions()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            numbers = {int(number) for (number,) in database.execute(_VERSIONS, (name,))}
            champion = database.execute(_CHAMPION, (name, CHAMPION)).fetchone()
    except sqlite3.Error:
        return None
    return EmbeddedVersions(frozenset(numbers), int(champion[0]) if champion else None)
