"""Give a library that takes a path apart as a pattern or a URL another path, with a plain name, to the same folder.

The plain path is a link in a private folder of this process, which is removed when the process ends.
"""

import atexit
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from credit_default.errors import SetupError

_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]*")
_PREFIX: Final = "credit-default-links-"
_ABANDONED_SECONDS: Final = 60.0  # a younger folder may not be locked yet
# where the links are kept, in case the usual folder for temporary files has an odd name itself
_OTHER_TEMPORARY_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a private folder is made below one

_real_paths: dict[str, str] = {}  # by what stands for them


def is_plain(path: str | Path) -> bool:
    """Return whether the path has, links followed, only characters that every library takes as they are."""
    return _PLAIN.fullmatch(os.path.realpath(path)) is not None


def find_plain_path(folder: Path) -> Path:
    """Return a path to the folder that every library takes as it is: its own where that is plain, else a link to it.

    Raises:
        SetupError: The folder of links is needed, and can be created nowhere.
    """
    if is_plain(folder):
        return folder
    link = _choose_place(folder, prefix="to-")
    with suppress(FileExistsError):
        link.symlink_to(os.path.realpath(folder))
    return link


def find_links_folder(path: str | Path) -> Path:
    """Return this process's own folder for links that stand for `path`; it has a plain name.

    Raises:
        SetupError: It can be created nowhere.
    """
    folder = _choose_place(path)
    folder.mkdir(exist_ok=True)
    return folder


def show_real_paths(message: str) -> str:
    """Return a library's message with the real paths in place of this process's links to them."""
    for plain, real in _real_paths.items():
        message = message.replace(plain, real)
    return message


def require_private_folder() -> Path:
    """Return the folder below which this process keeps its links.

    Raises:
        SetupError: It can be created nowhere.
    """
    folder = _make_private_folder(os.getpid())
    if not folder.is_dir():  # removed by hand
        _make_private_folder.cache_clear()
        folder = _make_private_folder(os.getpid())
    return folder


def _choose_place(path: str | Path, *, prefix: str = "") -> Path:
    real = os.path.realpath(path)
    digest = hashlib.sha256(real.encode()).hexdigest()[:16]
    place = require_private_folder() / f"{prefix}{digest}"
    _real_paths[str(place)] = real
    return place


@lru_cache(maxsize=1)
def _make_private_folder(process_id: int) -> Path:
    """Create the process's own folder for links, below a folder with a plain name; it is removed when the process ends."""
    tried = tuple(dict.fromkeys((tempfile.gettempdir(), *_OTHER_TEMPORARY_FOLDERS)))
    for parent in map(os.path.realpath, tried):
        with suppress(OSError):
            if _PLAIN.fullmatch(parent):
                _remove_abandoned_folders(Path(parent))
                folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
                # Held until the process ends: services that tidy temporary files leave a locked folder alone.
                fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)
                atexit.register(_remove_private_folder, folder, process_id)
                return folder
    raise SetupError(
        "folder for temporary files",
        found=f"none of {', '.join(tried)} writable with a plain name",
        expected="one whose path has only letters, digits, '.', '_' and '-': the lake's own path has others",
        remedy="Name such a folder with TMPDIR.",
    )


def _remove_private_folder(folder: Path, process_id: int) -> None:
    if os.getpid() == process_id:  # a forked process has inherited this call
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned_folders(parent: Path) -> None:
    """Remove the folders of links that killed processes left: nobody holds their lock."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another account's, locked, or removed meanwhile
            if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
                lock = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
                finally:
                    os.close(lock)
