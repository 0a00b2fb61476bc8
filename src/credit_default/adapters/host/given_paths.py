"""Normalise a path that a person gave, once, where it comes in.

Everything else in the package works with absolute paths without `..`, `~` and links: libraries take an address
apart in ways of their own, and some refuse what is not in that form.
"""

import errno
import os
from pathlib import Path

from credit_default.errors import InputError

_LONGEST_SHOWN = 120
_NO_TEXT = "a name that is not UTF-8 text"
_RENAME = "Rename it; if it looks right, set LC_ALL to a UTF-8 locale and unset PYTHONUTF8."


def resolve_folder(given: str | Path, *, thing: str) -> Path:
    """Return the folder as an absolute path without `~`, `..`, `//` and links.

    Args:
        given: The path; a relative one starts at the folder in which the command was started.
        thing: What it names, for the error.

    Raises:
        InputError: The path cannot be followed: it is empty, the working folder is gone, `~` names no account, links lead in
            a circle, a file stands where a folder should, a name is too long, or one on the way is not text.
    """
    path = _make_absolute(given, thing)
    try:
        folder = path.resolve()
    except (OSError, RuntimeError) as error:  # the latter: links in a circle
        raise _build_path_error(given, thing, str(error)) from error
    if not _is_text(str(folder)):  # the working folder's name, or that of a link's target
        raise _build_path_error(given, thing, f"{_NO_TEXT} in {folder}", remedy=_RENAME)
    _require_possible(folder, given, thing)
    return folder


def resolve_file(given: str | Path, *, thing: str) -> Path:
    """Return the file in its resolved folder, under its own name: a link to a file keeps the name by which people call it.

    Arguments and errors are those of `resolve_folder`.
    """
    path = _make_absolute(given, thing)
    if path.name in {"", ".."}:
        return resolve_folder(path, thing=thing)
    file = resolve_folder(path.parent, thing=thing) / path.name
    _require_possible(file, given, thing)
    return file


def _make_absolute(given: str | Path, thing: str) -> Path:
    text = str(given)
    if not text:  # else it would be the working folder, as with --lake "$UNSET"
        raise _build_path_error(given, thing, "an empty path", remedy="Write . for this folder.")
    if "\0" in text or not _is_text(text):
        raise _build_path_error(given, thing, _NO_TEXT, remedy=_RENAME)
    expanded = os.path.expanduser(text)  # noqa: PTH111 - Path takes "./~" for "~"
    if expanded == text and text.startswith("~"):
        raise _build_path_error(given, thing, "an account that has no home folder here")
    try:
        return Path(expanded).absolute()
    except FileNotFoundError as error:
        raise InputError(
            f"{thing} {text[:_LONGEST_SHOWN]}",
            found="a working folder that no longer exists",
            expected="an absolute path, or a working folder to start from",
            remedy="Change to a folder that exists (`cd`) and run the same command again.",
        ) from error


def _require_possible(path: Path, given: str | Path, thing: str) -> None:
    """Raise where nothing can ever be at the path; that nothing is there, or that it may not be entered, is no matter here."""
    try:
        path.lstat()
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            file = next(parent for parent in path.parents if parent.exists())
            found = f"{file}, which is a file"
            raise _build_path_error(given, thing, found, remedy="Correct the path.") from error
        if error.errno == errno.ENAMETOOLONG:
            remedy = "Choose a shorter path."
            raise _build_path_error(given, thing, "a name too long", remedy=remedy) from error


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8 arrive as lone surrogates
        return False
    return True


def _build_path_error(
    given: str | Path,
    thing: str,
    found: str,
    *,
    remedy: str = "Correct the path; ./ before a name that begins with ~ takes it as it is.",
) -> InputError:
    return InputError(
        f"{thing} {str(given)[:_LONGEST_SHOWN]}".rstrip(),
        found=found,
        expected="a path that can be followed to its end",
        remedy=remedy,
    )
