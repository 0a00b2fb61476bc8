"""Files that workers write below a table of the lake: stored by them, committed by the run that they work for, or removed."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from credit_default.adapters.delta.commits import Written
from credit_default.adapters.delta.part_files import (
    PART_FILE_MARK,
    PartFile,
    PartFileWriter,
    commit_part_files,
    list_committed_files,
)
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.scores import build_scores_key, build_scores_predicate

_TABLES = ("scores", "quarantine")
_RUNS = "worker-runs/"


def open_part_files(lake: Lake, table: str, folder: Path, *, name: str) -> PartFileWriter:
    """Return a writer of rows of the table into files in `folder`, which `store_part_files` stores below it."""
    return PartFileWriter(locate_table(lake, table), folder, name=name)


def store_part_files(lake: Lake, table: str, writer: PartFileWriter) -> tuple[PartFile, ...]:
    """Complete the writer's files and store them below the table, where no reader sees them until they are committed.

    Raises:
        ServiceError: The lake cannot be written to.
    """

    def store(name: str, path: Path) -> None:
        # the same name has the same content: an earlier attempt of this run stored it
        lake.storage.create_object(f"tables/{table}/{name}", path)

    return writer.store(store)


def commit_scores(
    lake: Lake, parts: Sequence[PartFile], *, batch_id: str, model_version: int
) -> Written:
    """Commit files with the batch's scores under this version, as `write_scores` does with rows.

    Raises:
        ServiceError: The table cannot be written to.
        SetupError: An earlier release wrote scores of this batch and version in a form of its own.
    """
    return commit_part_files(
        locate_table(lake, "scores"),
        parts,
        key=build_scores_key(batch_id, model_version),
        predicate=build_scores_predicate(batch_id, model_version),
    )


def remove_files(lake: Lake, table: str, files: Sequence[PartFile]) -> None:
    """Remove files below the table that are not to be committed."""
    for file in files:
        lake.storage.delete_object(f"tables/{table}/{file.name}")


def begin_run(lake: Lake, run: str) -> None:
    """Mark that a run's workers store files below the tables; `end_run` removes the mark."""
    lake.storage.create_object(f"{_RUNS}{run}", b"")


def end_run(lake: Lake, run: str) -> None:
    """Remove the mark of a run whose files are committed or removed."""
    lake.storage.delete_object(f"{_RUNS}{run}")


def remove_part_files(lake: Lake, *, run: str) -> None:
    """Remove the files of a run that it has not committed and is not going to commit."""
    for table in _TABLES:
        for key in _list_lost_files(lake, table, [run]):
            lake.storage.delete_object(key)


def remove_lost_part_files(lake: Lake, *, now: dt.datetime, age: dt.timedelta) -> int:
    """Remove the files of runs that began more than `age` ago and were killed; return how many there were.

    Files that a commit names stay, as those of a run that was killed just after it.

    Raises:
        ServiceError: A table cannot be reached.
    """
    runs = [r for r in lake.storage.list_objects(_RUNS) if r.modified_at < now - age]
    if not runs:
        return 0
    names = [run.key.removeprefix(_RUNS) for run in runs]
    keys = [key for table in _TABLES for key in _list_lost_files(lake, table, names)]
    for key in (*keys, *(run.key for run in runs)):
        lake.storage.delete_object(key)
    return len(keys)


def _list_lost_files(lake: Lake, table: str, runs: Sequence[str]) -> list[str]:
    """Return the keys of files that these runs stored below the table and that no version of it names."""
    prefix = f"tables/{table}/"
    keys = [stored.key for stored in lake.storage.list_objects(prefix)]
    own = [key for key in keys if PART_FILE_MARK in key and any(run in key for run in runs)]
    committed = list_committed_files(locate_table(lake, table)) if own else set()
    return [key for key in own if key.removeprefix(prefix) not in committed]
