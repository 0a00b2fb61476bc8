"""Find the parts of a table that a program wrote as a folder of files, as Spark and others do.

november/_SUCCESS                                 written last, when the job is done
november/part-00000-….parquet, part-00001-…       the parts; names that begin with _ or . are not data
november/statement_month=2005-11/part-…           a folder's name may give the value of a column for all rows in it
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from credit_default.adapters.files.format_readers import GivenValues
from credit_default.adapters.files.formats import READ_ENDINGS, file_errors
from credit_default.adapters.files.headers import map_known_names
from credit_default.data.contract.schema import Schema, normalise_name
from credit_default.errors import InputError, show_examples

DONE_MARK: Final = "_SUCCESS"
_UNFINISHED: Final = ("_temporary", ".spark-staging")
_TABLE_LOGS: Final = {"_delta_log": "a Delta table", ".hoodie": "a Hudi table"}
_ICEBERG_LOG: Final = ".metadata.json"
_NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
_PART_NAME = re.compile(r"part-[0-9]{5}.*")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its file, its name below the folder, and the values that the folders above it give."""

    path: Path
    name: str  # joined by "/"
    given: GivenValues


def find_parts(folder: Path, *, schema: Schema) -> tuple[Part, ...]:
    """Return the parts in the order of their names.

    Raises:
        InputError: The job that writes the folder has not finished, the folder is a table of another kind, or it has no
            part.
    """
    paths = sorted(_iterate_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    if not paths:
        is_done = (folder / DONE_MARK).exists()
        raise InputError(
            f"folder {folder}",
            found="no part files" + (f", only {DONE_MARK}: the job wrote no rows" * is_done),
            expected="files of one format, such as part-00000-….parquet",
            remedy="Check the path, and the job that writes it.",
        )
    _check_endings(folder, paths)
    return tuple(_build_part(folder, path, schema=schema) for path in paths)


def require_whole_table(path: Path) -> None:
    """Check that the file is not one part of a table in several parts: its rows would be taken for the whole.

    Raises:
        InputError: It is: a job wrote it beside other parts and the mark that it was done.
    """
    root = path.parent
    while "=" in root.name:  # the mark is above the folders that give values
        root = root.parent
    if not is_part_name(path.name) or not (root / DONE_MARK).exists():
        return
    names = [other.name for other in path.parent.iterdir() if is_part_name(other.name)]
    if len(names) > 1:
        raise build_lone_part_error(str(path), folder=str(path.parent), part_count=len(names))


def is_part_name(name: str) -> bool:
    """Return whether the name is one that a job gives to a part, such as part-00000-….parquet."""
    return _PART_NAME.fullmatch(name) is not None


def build_lone_part_error(thing: str, *, folder: str, part_count: int) -> InputError:
    """Return the error for one part that is named in place of the folder."""
    return InputError(
        thing,
        found=f"one of {part_count} parts that a job wrote",
        expected="the whole table",
        remedy=f"Name the folder: {folder}",
    )


def _iterate_files(folder: Path) -> Iterator[Path]:
    with file_errors(folder):
        for place, folders, names in os.walk(folder, onerror=_raise):
            _check_marks(folder, (*folders, *names))
            folders[:] = [name for name in folders if not _is_skipped(name)]
            links = [name for name in folders if Path(place, name).is_symlink()]
            if links:
                raise InputError(
                    f"folder {folder}",
                    found=f"a link to a folder, {links[0]!r}",
                    expected="files and folders that are in it themselves",
                    remedy="Replace the link by what it points to.",
                )
            yield from (Path(place, name) for name in names if not _is_skipped(name))


def _check_endings(folder: Path, paths: list[Path]) -> None:
    """Check that there is nothing beside the parts that is none; a folder without any part is judged by its first file."""
    others = [path for path in paths if path.suffix.lower() not in READ_ENDINGS]
    if others and len(others) < len(paths):
        raise InputError(
            f"folder {folder}",
            found=f"{show_examples([path.relative_to(folder).as_posix() for path in others])} beside the parts",
            expected=f"files of one format ({', '.join(READ_ENDINGS)})",
            remedy="Move what is no part out of the folder, or let its name begin with _ or a point.",
        )


def _raise(error: OSError) -> None:
    raise error


def _is_skipped(name: str) -> bool:
    return name.startswith(("_", ".", "~$"))  # the last is Excel's mark that a workbook is open


def _check_marks(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if name.startswith(_UNFINISHED):
            raise InputError(
                f"folder {folder}",
                found=f"{name!r}: the job that writes it has not finished, or was stopped",
                expected=f"a folder that is complete, with {DONE_MARK} and without {name}",
                remedy="Wait until the job is done, or run it again.",
            )
        table = "an Iceberg table" if name.endswith(_ICEBERG_LOG) else _TABLE_LOGS.get(name)
        if table is not None:
            raise InputError(
                f"folder {folder}",
                found=f"{table} ({name}), whose files also hold rows that were replaced",
                expected="a folder of part files",
                remedy="Export the rows that are in the table now, as one Parquet file or a folder of parts.",
            )


def _build_part(folder: Path, path: Path, *, schema: Schema) -> Part:
    known = map_known_names(schema)
    # The named folder may be a partition itself: its month belongs to its rows as well.
    in_itself = _parse_value(folder.name, known=known)
    name = path.relative_to(folder.parent if in_itself else folder).as_posix()
    given: dict[str, str | None] = {}
    for part in name.split("/")[:-1]:
        given |= _parse_value(part, known=known)
    return Part(path, name, given)


def _parse_value(name: str, *, known: dict[str, str]) -> dict[str, str | None]:
    """Return the column and the value that a folder's name gives; none where it gives none of the schema's columns."""
    column, is_given, value = name.partition("=")
    ours = known.get(normalise_name(unquote(column)))
    if not is_given or ours is None:
        return {}
    return {ours: None if value == _NULL_VALUE else unquote(value)}
