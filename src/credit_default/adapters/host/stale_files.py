"""Folders and files on their way whose process died: they are hidden, nobody reads them, and nobody else removes them."""

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
_MOVE_FILE_NAMES = ("held", "leaving")  # names under which a file is moved
_FOREIGN_FOLDERS: Final = frozenset(
    {"tables", "mlartifacts", "evidently", "prefect"}
)  # other libraries' own


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something on its way whose process is gone. One that holds the only copy of a file is kept for a person to see."""

    path: Path
    holds_only_copy: bool


def find_leftovers(
    roots: Iterable[Path], *, now: dt.datetime, age: dt.timedelta
) -> tuple[Leftover, ...]:
    """Those below these folders, by path: of this machine's dead processes, or of unknown ones and untouched for `age`."""
    found: dict[Path, Leftover] = {}
    for root in roots:
        with disk_errors(root):
            for path in _find_hidden_paths(root):
                if _is_leftover(path, now=now, age=age):
                    found[path] = Leftover(path, _holds_only_copy(path))
    return tuple(found[path] for path in sorted(found))


def remove_leftover(leftover: Leftover) -> None:
    """Nothing; it is gone. Raises `ServiceError` when the disk refuses."""
    with disk_errors(leftover.path):
        if leftover.path.is_dir():
            shutil.rmtree(leftover.path)
        else:
            leftover.path.unlink(missing_ok=True)


def _find_hidden_paths(root: Path) -> Iterator[Path]:
    """Hidden names of ours below the folder; links are not followed."""
    for folder, folders, files in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *files) if _NAME.fullmatch(name))
        skipped = _FOREIGN_FOLDERS if Path(folder) == root else frozenset()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in skipped]


def _is_leftover(path: Path, *, now: dt.datetime, age: dt.timedelta) -> bool:
    if path.is_symlink():
        return False
    life = find_process_state(parse_marked_name(path.name))
    if life != "unknown":
        return life == "gone"
    touched = max((_read_modified_time(inside) for inside in (path, *path.rglob("*"))), default=0.0)
    return now.timestamp() - touched > age.total_seconds()


def _read_modified_time(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _holds_only_copy(path: Path) -> bool:
    """Whether a move died between taking the file away and putting it down, so that it stands nowhere else."""
    return any(
        (path / name).is_file() and (path / name).stat().st_nlink == 1 for name in _MOVE_FILE_NAMES
    )
