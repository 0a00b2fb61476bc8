"""Open the parts of a folder in the workers: each recognises its part and takes the digest of its bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.files.formats import is_folder
from credit_default.adapters.files.parquet_files import read_row_count
from credit_default.adapters.files.part_folders import Part, find_parts, require_whole_table
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.single_files import StatementFile, open_single_file
from credit_default.adapters.files.statement_files import Statements
from credit_default.adapters.files.statement_folders import join_parts
from credit_default.data.contract.schema import Schema
from credit_default.errors import ServiceError


@dataclass(frozen=True, slots=True)
class OpenedParts:
    """A file or a folder whose parts are open.

    Attributes:
        statements: The file or the folder.
        parts: Its parts; a file is the only part of itself.
        row_counts: How many rows each of them has; None where only reading it shows.
    """

    statements: Statements
    parts: tuple[StatementFile, ...]
    row_counts: tuple[int | None, ...]
    origins: tuple[str, ...]  # where in a bucket each part is; "" for files on disk


@dataclass(frozen=True, slots=True)
class _ClosedPart:
    part: Part

    @property
    def name(self) -> str:
        return f"part {self.part.name}"

    def split(self) -> tuple["_ClosedPart", ...]:
        return ()


def open_parts(
    cluster: Cluster,
    path: Path,
    *,
    origin: str,
    schema: Schema,
    month: str | None,
    options: ReadingOptions,
) -> OpenedParts:
    """Open a file, or all parts of a folder, as `open_statement_file` does it.

    Args:
        cluster: The workers.
        path: The file or the folder.
        origin: The address in a bucket of which `path` is a copy, `s3://…`: this process has read all of it already. Empty
            for what is on disk.
        schema: The portfolio's columns.
        month: As of `open_statement_file`.
        options: As of `open_statement_file`.

    Raises:
        InputError: As `open_statement_file`.
        ServiceError: A worker does not see the files, or the cluster went away.
    """
    if not is_folder(path):
        require_whole_table(path)
        file = open_single_file(path, schema=schema, month=month, options=options)
        return OpenedParts(file, (file,), (_count_rows(file),), (origin,))
    found = find_parts(path, schema=schema)
    closed = [_ClosedPart(part) for part in found]
    if origin:
        opened = [open_part(part, schema, month, options) for part in closed]
    else:
        opened = cluster.run_each(open_part, closed, schema, month, options)
    parts = tuple(file for file, _ in opened)
    folder = join_parts(path, found, parts, schema=schema, month=month)
    origins = tuple(_name_origin(origin, path, part.path) for part in found)
    return OpenedParts(folder, parts, tuple(count for _, count in opened), origins)


def _name_origin(origin: str, folder: Path, part: Path) -> str:
    return origin and f"{origin.rstrip('/')}/{part.relative_to(folder).as_posix()}"


def open_part(
    closed: _ClosedPart, schema: Schema, month: str | None, options: ReadingOptions
) -> tuple[StatementFile, int | None]:
    """Return the part opened, and how many rows it has where it says so. A worker calls this."""
    part = closed.part
    if not part.path.exists():
        raise ServiceError(
            f"part {part.path}",
            found="no such file, where the worker is",
            expected="a folder that this machine and all workers see under the same path",
            remedy="Put the batch into a shared folder, or leave --scheduler out.",
        )
    file = open_single_file(
        part.path, schema=schema, month=month, options=options, given=part.given
    )
    return file, _count_rows(file)


def sum_before(row_counts: Sequence[int]) -> list[int]:
    """Return for each part how many rows the parts before it have."""
    before, firsts = 0, []
    for count in row_counts:
        firsts.append(before)
        before += count
    return firsts


def _count_rows(file: StatementFile) -> int | None:
    return read_row_count(file.path) if file.format == "parquet" else None
