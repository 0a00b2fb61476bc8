"""Find and remove hidden files and folders that a killed process left while it was writing them.

`atomic_files` and `Lake.scratch` make them and remove them again; nothing reads what a killed process leaves, so `reconcile`
removes it with this module.
"""

import datetime as dt
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.process_marks import find_process_state, parse_marked_name

_NAME = re.compile(r"\.(?:scratch|staging)-.+")
_MOVE_FILE_NAMES = ("held", "leaving")  # names that a file has while it is moved
_FOREIGN_FOLDERS: Final = frozenset(
    {"tables", "mlartifacts", "evidently", "prefect"}
)  # other libraries' own


@dataclass(frozen=True, slots=True)
class Leftover:
    """A hidden file or folder whose process is gone. One that holds the only copy of a file is kept for a person to inspect."""

    path: Path
    holds_only_copy: bool


def find_leftovers(
    roots: Iterable[Path], *, now: dt.datetime, age: dt.timedelta
) -> tuple[Leftover, ...]:
    """Return the leftovers below these folders, sorted by path.

    Args:
        roots: The folders to search; links are not followed.
        now: The time to measure the age from.
        age: How long something of an unknown process (of another machine, say) must have been untouched.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    found: dict[Path, Leftover] = {}
    for root in roots:
        with disk_errors(root):
            for path in _find_hidden_paths(root):
                if _is_leftover(path, now=now, age=age):
                    found[path] = Leftover(path, _holds_only_copy(path))
    return tuple(found[path] for path in sorted(found))


def remove_leftover(leftover: Leftover) -> None:
    """Delete the file or folder.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    with disk_errors(leftover.path):
        if leftover.path.is_dir():
            shutil.rmtree(leftover.path)
        else:
            leftover.path.unlink(missing_ok=True)


def _find_hidden_paths(root: Path) -> Iterator[Path]:
    """Yield the hidden names of ours below the folder; links are not followed."""
    for folder, folders, files in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *files) if _NAME.fullmatch(name))
        skipped = _FOREIGN_FOLDERS if Path(folder) == root else frozenset()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in skipped]


def _is_leftover(path: Path, *, now: dt.datetime, age: dt.timedelta) -> bool:
    if path.is_symlink():
        return False
    state = find_process_state(parse_marked_name(path.name))
    if state != "unknown":
        return state == "gone"
    touched = max((_read_modified_time(inside) for inside in (path, *path.rglob("*"))), default=0.0)
    return now.timestamp() - touched > age.total_seconds()


def _read_modified_time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _holds_only_copy(path: Path) -> bool:
    """Return whether a move was killed between its two steps, so that this is the only copy of the file."""
    return any(
        (path / name).is_file() and (path / name).stat().st_nlink == 1 for name in _MOVE_FILE_NAMES
    )
