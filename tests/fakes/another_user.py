"""Folders that the process may not write to or enter, for root too: it becomes another user for the block."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534


@dataclass(frozen=True)
class ClosedFolders:
    """`read_only` can be looked into, `shut` cannot even be entered; there is a folder `inside` each."""

    read_only: Path
    shut: Path


@contextmanager
def closed_folders() -> Iterator[ClosedFolders]:
    """Yield the folders; what the block imports must be imported before."""
    with tempfile.TemporaryDirectory(prefix="closed-", ignore_cleanup_errors=True) as name:
        folders = ClosedFolders(Path(name) / "read-only", Path(name) / "shut")
        for folder, mode in ((folders.read_only, 0o555), (folders.shut, 0o000)):
            (folder / "inside").mkdir(parents=True)
            folder.chmod(mode)
        Path(name).chmod(0o755)
        try:
            with _another_user():
                yield folders
        finally:
            for folder in (folders.read_only, folders.shut):
                folder.chmod(0o700)


@contextmanager
def _another_user() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
