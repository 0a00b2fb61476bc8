"""Keep the traceback of an unexpected error in a file that only its owner can read, and say where it is.

The file is in the system's temporary folder: it can be written before any setting was read, and outside the lake, whose
files hold what is on record. It holds no arguments of the command line, as a client's id may be among them.
"""

import os
import platform
import sys
import tempfile
import traceback
from typing import Protocol

from credit_default import __version__
from credit_default.errors import UnexpectedError, hide_credentials

_LONGEST_MESSAGE = 300


class RecordError(Protocol):
    """Keep an unexpected error's traceback, and return the error to show; see the two below."""

    def __call__(self, error: BaseException, *, of: str) -> UnexpectedError:
        """Return the error to show; `of` is the command or the flow that ended."""


def record_unexpected_error(error: BaseException, *, of: str) -> UnexpectedError:
    """Write the error's traceback to a new file, and return the error to show, which names that file.

    Args:
        error: What was raised.
        of: The command or the flow that it ended.
    """
    content = f"credit-default {__version__}, Python {platform.python_version()}: {of}\n\n"
    try:
        handle, path = tempfile.mkstemp(
            prefix=f"credit-default-{of.replace(' ', '-')}-", suffix=".log"
        )
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content + _format_traceback(error))
    except OSError as reason:
        return describe_unexpected_error(
            error,
            traceback_place=f"no log file could be written ({reason}): --traceback shows where",
        )
    return describe_unexpected_error(error, traceback_place=f"the traceback is in {path}")


def describe_unexpected_error(error: BaseException, *, traceback_place: str) -> UnexpectedError:
    """Return the error to show: the type and the message of `error`, shortened, and where its traceback is."""
    message = " ".join(str(error).split())
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    return UnexpectedError(
        "unexpected error",
        found=f"{type(error).__name__}: {message}" if message else type(error).__name__,
        expected="none: this is a fault of the program or of its installation",
        remedy=f"{traceback_place[:1].upper()}{traceback_place[1:]}; please report it.",
    )


def print_traceback(error: BaseException, *, of: str) -> UnexpectedError:
    """Print the error's traceback on standard error, and return the error to show below it."""
    del of
    sys.stderr.write(_format_traceback(error))
    return describe_unexpected_error(error, traceback_place="the traceback is above")


def _format_traceback(error: BaseException) -> str:
    """Return the tracebacks of the error and of those that caused it, with credentials hidden."""
    return hide_credentials("".join(traceback.format_exception(error)))
