"""Let the artifact addresses in an embedded MLflow's database follow its lake to another folder.

MLflow keeps absolute addresses: of each experiment, run, logged model and model version. After a lake was moved or copied
they name the folder where it was before, and MLflow would go on reading and writing there. So before the database is used,
the addresses below the artifacts of that former folder are rewritten to the present one, in one transaction. Addresses that
a person chose (a bucket, another disk) stay as they are; `list_outside_addresses` names them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from credit_default.adapters.host.file_addresses import find_file_path
from credit_default.errors import ServiceError

_COLUMNS: Final = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
    ("model_versions", "source"),
)
_USED_EXPERIMENTS: Final = (
    " AND (name LIKE 'credit-default/%' OR experiment_id IN (SELECT experiment_id FROM runs))"
)
_RESOLVED_BY_MLFLOW: Final = ("models:/", "mlflow-artifacts:/")
_WAIT_SECONDS: Final = 60.0  # for another process that writes, or that rewrites the same addresses


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """The database of an embedded MLflow, which need not exist yet, and the folder of its artifacts."""

    database: Path
    artifacts: Path


@dataclass(frozen=True, slots=True)
class FollowedAddresses:
    """How many addresses named the folder where the store was before.

    `are_rewritten` is False where the database is read-only, so that they still name it.
    """

    address_count: int = 0
    former_folders: tuple[Path, ...] = ()
    are_rewritten: bool = True


def follow_store(store: ArtifactStore) -> FollowedAddresses:
    """Rewrite the addresses below the folder where this store was before; do nothing where there are none.

    Raises:
        ServiceError: Another process holds the database for too long, or the disk cannot be written.
    """
    try:
        with closing(_connect(store)) as database:
            moved = _find_moved(_read_addresses(database, store), store)
    except sqlite3.Error:  # no database yet, or a damaged one, of which MLflow itself will tell
        return FollowedAddresses()
    if not moved:
        return FollowedAddresses()
    folders = tuple(sorted({artifact.folder.parent for artifact in moved.values()}))
    try:
        return FollowedAddresses(_rewrite_addresses(store, moved), folders)
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith("SQLITE_READONLY"):
            raise _build_unwritable_error(store, error) from error
        return FollowedAddresses(len(moved), folders, are_rewritten=False)


def list_outside_addresses(store: ArtifactStore) -> tuple[str, ...]:
    """Return the addresses in the store's database that are not in its folder of artifacts, in alphabetical order.

    They are a bucket or a disk that a person chose, or a folder from which the artifacts were not brought along.
    """
    try:
        with closing(_connect(store)) as database:
            found = _read_addresses(database, store)
    except sqlite3.Error:  # MLflow itself tells what is wrong with it
        return ()
    return select_outside_addresses(found, store.artifacts)


def select_outside_addresses(addresses: Iterable[str], artifacts: Path) -> tuple[str, ...]:
    """Return those addresses that are not in this folder of artifacts, in alphabetical order."""
    is_own = lru_cache(lambda folder: _is_same_folder(folder, artifacts))
    return tuple(
        sorted(
            address
            for address in addresses
            if not address.startswith(_RESOLVED_BY_MLFLOW)
            and not ((artifact := _parse_artifact(address, artifacts)) and is_own(artifact.folder))
        )
    )


@dataclass(frozen=True, slots=True)
class _Artifact:
    """An address as a path: below which folder of artifacts, and where in it."""

    folder: Path
    rest: Path


def _parse_artifact(address: str, artifacts: Path) -> _Artifact | None:
    """Return the folder that has the name of ours and the path below it; None for an address of another kind."""
    path = find_file_path(address)
    if path is None or artifacts.name not in path.parts:
        return None
    depth = len(path.parts) - path.parts[::-1].index(artifacts.name)
    return _Artifact(Path(*path.parts[:depth]), Path(*path.parts[depth:]))


def _is_same_folder(folder: Path, artifacts: Path) -> bool:
    """Return whether both are one folder, also where a symbolic link leads to it."""
    return folder == artifacts or folder.resolve() == artifacts.resolve()


def _connect(store: ArtifactStore) -> sqlite3.Connection:
    address = f"{store.database.as_uri()}?mode=rw"  # never creates one
    return sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)


def _list_columns(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield those columns that this database has: an older MLflow had fewer tables."""
    for table, column in _COLUMNS:
        if column in {row[1] for row in database.execute(f"PRAGMA table_info({table})")}:
            yield table, column


def _read_addresses(database: sqlite3.Connection, store: ArtifactStore) -> set[str]:
    """Return the addresses that do not begin as those of the store do.

    An experiment counts where it is ours or has a run: MLflow makes one of its own, addressed to whatever folder it was
    first started in.
    """
    own = f"{store.artifacts.as_uri()}/"
    found: set[str] = set()
    for table, column in _list_columns(database):
        query = f"SELECT DISTINCT {column} FROM {table} WHERE substr({column}, 1, ?) != ?"  # noqa: S608 - our own names
        used = _USED_EXPERIMENTS if table == "experiments" else ""
        rows = database.execute(f"{query}{used}", (len(own), own))
        found.update(address for (address,) in rows)
    return found


def _find_moved(addresses: Iterable[str], store: ArtifactStore) -> dict[str, _Artifact]:
    """Return those addresses that are of the store's former folder and whose artifacts are in the present one by now."""
    below: dict[Path, dict[str, _Artifact]] = {}
    for address in addresses:
        if (artifact := _parse_artifact(address, store.artifacts)) is not None:
            below.setdefault(artifact.folder, {})[address] = artifact
    moved: dict[str, _Artifact] = {}
    for folder, found in below.items():
        if _is_same_folder(folder, store.artifacts):
            continue
        if (folder.parent / store.database.name).exists():  # the original of this copy
            moved |= found
        elif any((store.artifacts / artifact.rest).exists() for artifact in found.values()):
            moved |= {
                address: artifact
                for address, artifact in found.items()
                if not _was_left_behind(artifact, store)
            }
    return moved


def _was_left_behind(artifact: _Artifact, store: ArtifactStore) -> bool:
    """Return whether the artifact is in the former folder and only there.

    So it is after a lake was moved and then used by a version of this package that did not rewrite addresses.
    """
    if (store.artifacts / artifact.rest).exists():
        return False
    return (artifact.folder / artifact.rest).exists()


def _rewrite_addresses(store: ArtifactStore, moved: Mapping[str, _Artifact]) -> int:
    """Return how many addresses were rewritten: all or, where the process dies, none."""

    def find_new(address: str) -> str | None:
        if (artifact := moved.get(address)) is None:
            return None
        return (store.artifacts / artifact.rest).as_uri()

    with closing(_connect(store)) as database:
        database.create_function("find_new", 1, find_new, deterministic=True)
        # several processes may open a moved lake at once: the later one finds nothing left to rewrite
        database.execute("BEGIN IMMEDIATE")
        count = sum(
            database.execute(
                f"UPDATE {table} SET {column} = find_new({column}) WHERE find_new({column}) IS NOT NULL"  # noqa: S608
            ).rowcount
            for table, column in _list_columns(database)
        )
        database.execute("COMMIT")
    return count


def _build_unwritable_error(store: ArtifactStore, error: sqlite3.Error) -> ServiceError:
    return ServiceError(
        f"MLflow's database {store.database}, which was moved or copied",
        found=str(error),
        expected="to rewrite the addresses of its artifacts",
        remedy="End the other processes that use it, or free some space, then run the same command again:"
        " nothing was left half done.",
    )
