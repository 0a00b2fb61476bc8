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
            moves = _find_moves(database, store)
    except sqlite3.Error:  # no database yet, or a damaged one, of which MLflow itself will tell
        return FollowedAddresses()
    if not moves:
        return FollowedAddresses()
    try:
        count = _rewrite_addresses(store)
    except sqlite3.DatabaseError as error:
        if not error.sqlite_errorname.startswith("SQLITE_READONLY"):
            raise _build_unwritable_error(store, error) from error
        return FollowedAddresses(
            len(moves), _list_former_folders(moves, store), are_rewritten=False
        )
    return FollowedAddresses(count, _list_former_folders(moves, store))


def list_outside_addresses(store: ArtifactStore) -> tuple[str, ...]:
    """Return the addresses in the store's database that are not in its folder of artifacts, in alphabetical order.

    They are a bucket or a disk that a person chose, or a folder from which the artifacts were not brought along.
    """
    try:
        with closing(_connect(store)) as database:
            found = _read_addresses(database, store)
    except sqlite3.Error:  # MLflow itself tells what is wrong with it
        return ()
    return tuple(sorted(address for address in found if is_outside(address, store.artifacts)))


def is_outside(address: str, artifacts: Path) -> bool:
    """Return whether the address is another place than this folder, or one below it."""
    if address.startswith(_RESOLVED_BY_MLFLOW):
        return False
    path = find_file_path(address)
    return path is None or not _is_below(path, artifacts)


def _is_below(path: Path, folder: Path) -> bool:
    """Return whether the path is below the folder, also where a symbolic link leads into it."""
    return path.is_relative_to(folder) or path.resolve().is_relative_to(folder.resolve())


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


def _find_moves(database: sqlite3.Connection, store: ArtifactStore) -> dict[str, str]:
    """Return each address of the store's former folder, with the address of the same artifact in the present one."""
    below: dict[Path, dict[str, Path]] = {}
    for address in _read_addresses(database, store):
        if (found := _split_address(address, store)) is not None:
            folder, rest = found
            below.setdefault(folder, {})[address] = rest
    return {
        address: (store.artifacts / rest).as_uri()
        for folder, rests in below.items()
        if _is_former_folder(folder, rests.values(), store)
        for address, rest in rests.items()
        if not _was_left_behind(folder, rest, store)
    }


def _split_address(address: str, store: ArtifactStore) -> tuple[Path, Path] | None:
    """Return the folder of artifacts that the address is in and the path below it; None for an address of another kind."""
    path = find_file_path(address)
    if path is None or _is_below(path, store.artifacts):
        return None
    for parent in path.parents:
        if parent.name == store.artifacts.name:
            return parent, path.relative_to(parent)
    return None


def _is_former_folder(folder: Path, rests: Iterable[Path], store: ArtifactStore) -> bool:
    """Return whether the store was there before: it was copied from there, or has artifacts from there in its own folder."""
    return _has_records(folder, store) or any((store.artifacts / rest).exists() for rest in rests)


def _was_left_behind(folder: Path, rest: Path, store: ArtifactStore) -> bool:
    """Return whether the artifact is still there and only there, in a folder that is no lake any more.

    So it is after a lake was moved and used by a version of this package that did not rewrite addresses.
    """
    if _has_records(folder, store) or (store.artifacts / rest).exists():
        return False
    return (folder / rest).exists()


def _has_records(folder: Path, store: ArtifactStore) -> bool:
    return (folder.parent / store.database.name).exists()


def _rewrite_addresses(store: ArtifactStore) -> int:
    """Return how many addresses were rewritten: all or, where the process dies, none."""
    with closing(_connect(store)) as database:
        # several processes may open a moved lake at once: the later one finds nothing left to rewrite
        database.execute("BEGIN IMMEDIATE")
        moves = _find_moves(database, store)
        database.create_function("find_move", 1, moves.get, deterministic=True)
        count = sum(
            database.execute(
                f"UPDATE {table} SET {column} = find_move({column}) WHERE find_move({column}) IS NOT NULL"  # noqa: S608
            ).rowcount
            for table, column in _list_columns(database)
        )
        database.execute("COMMIT")
    return count


def _list_former_folders(moves: Mapping[str, str], store: ArtifactStore) -> tuple[Path, ...]:
    """Return the folders of the lakes, or of the homes of lakes in buckets, where the store was."""
    found = {split[0].parent for address in moves if (split := _split_address(address, store))}
    return tuple(sorted(found))


def _build_unwritable_error(store: ArtifactStore, error: sqlite3.Error) -> ServiceError:
    return ServiceError(
        f"MLflow's database {store.database}, which was moved or copied",
        found=str(error),
        expected="to rewrite the addresses of its artifacts",
        remedy="End the other processes that use it, or free some space, then run the same command again:"
        " nothing was left half done.",
    )
