"""The file of the compiled loops: where it is, and how it is written and read.

It lies where Python keeps the compiled form of the loops' own source (`__pycache__`, or below PYTHONPYCACHEPREFIX), and is trusted
as far: who can write there can change what Python runs anyway. It is never looked for in a lake, beside a model, in a home folder
or on another machine's word. Its name holds a digest of all that it is made from, so another version never finds it.
"""

import hashlib
import importlib.util
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.model.kernel import loops

_LIBRARIES: Final = ("llvmlite", "numba", "numpy")
_DIGEST_BYTES: Final = 32
_LARGEST_FILE_BYTES: Final = 1_000_000


def find_object_file() -> Path | None:
    """Return where the compiled loops of this version and machine are or would be; None where Python keeps no compiled code."""
    try:
        source = Path(loops.__file__)
        folder = Path(importlib.util.cache_from_source(str(source))).parent
        sources = [source.read_bytes(), Path(__file__).with_name("compilation.py").read_bytes()]
    except (NotImplementedError, OSError):
        return None  # an interpreter without compiled files, or a package inside an archive
    made_from = [
        *sources,
        *(f"{name} {version(name)}".encode() for name in _LIBRARIES),
        f"{platform.machine()} {sys.platform} {sys.byteorder}".encode(),
    ]
    key = hashlib.sha256(b"\n".join(hashlib.sha256(part).digest() for part in made_from))
    return folder / f"loops.{key.hexdigest()[:16]}.o"


def write_object(path: Path, machine_code: bytes) -> None:
    """Write the compiled loops, with their digest before them. A reader sees all of the file or none of it."""
    write_atomically(
        path, hashlib.sha256(machine_code).digest() + machine_code, thing="compiled loops in"
    )


def read_object(path: Path) -> bytes | None:
    """Return the compiled loops; None where there are none, or the file is damaged."""
    try:
        if path.stat().st_size > _LARGEST_FILE_BYTES:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, machine_code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return machine_code if hashlib.sha256(machine_code).digest() == digest else None
