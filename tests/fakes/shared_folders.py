"""Folders that take seconds to make, made once for every process of a run and copied by each that wants one.

They are kept below build/test-folders, under a digest of what they are made from: another source makes them again.
`make test` begins without any.
"""

import fcntl
import functools
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "test-folders"
MADE_FROM = ("src/**/*.py", "src/**/*.toml", "tests/conftest.py", "pyproject.toml", "*.lock")


@functools.cache
def digest_source() -> str:
    """Return the digest of the files that decide what is in such a folder, and of the Python that makes it."""
    digest = sha256(f"{sys.version} {ROOT}".encode())
    for pattern in MADE_FROM:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def copy_shared_folder(name: str, target: Path, *, make: Callable[[Path], None]) -> Path:
    """Copy the folder of that name to the target, after making it where no other process has.

    Args:
        name: What is in it.
        target: The caller's own copy, which does not exist yet.
        make: Fills the empty folder that it is given.
    """
    kept = KEPT / digest_source()
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / name).exists():
            begun = kept / f"{name}.begun"
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            make(begun)
            begun.rename(kept / name)
    return Path(shutil.copytree(kept / name, target))
