"""Look up the versions in the embedded MLflow's database, read-only and without importing MLflow, which takes seconds.

For lists, and for errors that need not wait: a version that does not exist, a champion that is missing. Where it sees
nothing for certain it says so, and MLflow is asked as always.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace

from credit_default.adapters.host.sqlite_addresses import find_sqlite_path
from credit_default.adapters.mlflow.model_versions import (
    CHAMPION,
    MODEL_NAME,
    ModelVersion,
    parse_version,
)

_VERSIONS = (
    "SELECT version FROM model_versions WHERE name = ? AND current_stage != 'Deleted_Internal'"
)
_WHOLE_VERSIONS = _VERSIONS.replace("version", "version, source, run_id, creation_time", 1) + (
    " ORDER BY version DESC"
)
_TAGS = "SELECT version, key, value FROM model_version_tags WHERE name = ?"
_ALIASES = "SELECT alias, version FROM registered_model_aliases WHERE name = ?"
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


def read_embedded_versions(
    tracking_uri: str, *, name: str = MODEL_NAME
) -> tuple[ModelVersion, ...] | None:
    """Return the versions in this SQLite database as MLflow describes them, the newest first.

    Returns:
        None where that cannot be told: MLflow is a server, or the database is not there yet or has other tables.

    Raises:
        ArtifactError: A version was not registered by `train`.
    """
    path = find_sqlite_path(tracking_uri)
    if path is None or not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            database.execute("BEGIN")  # one state of all three tables
            found = database.execute(_WHOLE_VERSIONS, (name,)).fetchall()
            tags = database.execute(_TAGS, (name,)).fetchall()
            aliases = database.execute(_ALIASES, (name,)).fetchall()
    except sqlite3.Error:
        return None
    by_version: dict[int, dict[str, str]] = {number: {} for number, *_ in found}
    for number, key, value in tags:
        by_version.get(number, {})[key] = value
    return tuple(
        parse_version(
            SimpleNamespace(
                name=name,
                version=number,
                source=source,
                run_id=run_id,
                creation_timestamp=created,
                tags=by_version[number],
            ),
            dict(aliases),
        )
        for number, source, run_id, created in found
    )
