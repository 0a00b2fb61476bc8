"""Check, before any work, that the table which a command is to write with `--out` can be written and replaces no input."""

import os
from pathlib import Path

from credit_default.errors import InputError


def resolve_output_file(given: str, *, source: str | None = None) -> Path:
    """Return the absolute path of a .csv or .parquet file that can be written.

    Args:
        given: The path as it was given with `--out`; a text, since an empty one would be a path to this folder.
        source: The path or uri of the file or folder that the command reads; None where it reads none.

    Raises:
        InputError: It is another file type, its folder is absent or cannot be written to, there is a folder of that name, or
            it is what the command reads.
    """
    from credit_default.adapters.host.given_paths import resolve_file

    out = resolve_file(given, thing="--out")
    if found := _find_obstacle(out):
        raise InputError(
            f"--out {out}",
            found=found,
            expected=".csv or .parquet in an existing folder that can be written to",
            remedy="Choose another place; nothing was done yet.",
        )
    if source is not None and "://" not in source:
        _require_apart(out, resolve_file(source, thing="file"))
    return out


def _find_obstacle(out: Path) -> str | None:
    if out.suffix.lower() not in {".csv", ".parquet"}:
        return f"the ending {out.suffix!r}"
    if not os.path.isdir(out.parent):  # noqa: PTH112 - Path raises below a folder that may not be entered
        return "no such folder"
    if not os.access(out.parent, os.W_OK | os.X_OK):
        return "a folder that cannot be written to"
    return "a folder of that name" if out.is_dir() else None


def _require_apart(out: Path, source: Path) -> None:
    """Check that the source stays as it is: what is written replaces the file, and a file in a folder of parts is a part."""
    if not os.path.exists(source):  # noqa: PTH110 - Path raises below a folder that may not be entered
        return  # the file's own check says so
    is_source = out.exists() and out.samefile(source)
    if is_source or any(parent.samefile(source) for parent in out.parents):
        raise InputError(
            f"--out {out}",
            found="the file that is read" if is_source else "a place in the folder that is read",
            expected="another place, so that what was read stays as it is",
            remedy="Choose another place; nothing was done yet.",
        )
