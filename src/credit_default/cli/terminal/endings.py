"""End a command on an error: one line (with `--json`, one object) and the exit code that it stands for.

`errors.py` gives each expected error its exit code. All that is not expected ends with 70, so that 1
means "a gate refused" and nothing else, and leaves its traceback in a log file.
"""

import errno
import io
import logging
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from credit_default.adapters.host.crash_log import (
    RecordError,
    describe_unexpected_error,
    record_unexpected_error,
)
from credit_default.errors import CreditDefaultError, ServiceError, UnexpectedError
from credit_default.logs import LOGGER_NAME

_LOG = logging.getLogger(__name__)

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
OUTPUT_CLOSED = 141  # 128 + SIGPIPE: nobody reads what is printed any more
_STANDARD_STREAMS = (1, 2)
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)

ShowError = Callable[[CreditDefaultError], None]


@contextmanager
def end_on_error(
    command: str,
    *,
    show_error: ShowError | None = None,
    record: RecordError = record_unexpected_error,
    interrupted: Callable[[], int] = lambda: INTERRUPTED,
) -> Iterator[None]:
    """Turn every error of the block into what is shown of it and an exit code.

    Args:
        command: The name that the error's line begins with.
        show_error: Shows the error; by default it is one line on standard error.
        record: Keeps an unexpected error's traceback and returns the error to show.
        interrupted: Returns the exit code after an interruption.

    Raises:
        typer.Exit: The block raised an error, with its exit code: that of `errors.py` for an
            expected one, 130 when interrupted, 141 when the output was closed, otherwise 70.
    """
    show = show_error or (lambda error: write_error(command, error))
    try:
        yield
    except typer.Exit:
        raise
    except CreditDefaultError as error:
        show(error)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        _write_line(command, "interrupted")
        raise typer.Exit(interrupted()) from interrupt
    except BaseException as error:  # a panic in Polars is no Exception
        if isinstance(error, SystemExit) and _is_ordered(error):
            raise
        if is_output_closed(error):
            raise typer.Exit(OUTPUT_CLOSED) from error
        unexpected = _describe_full_disk(error) or record(error, of=command or "program")
        show(unexpected)
        raise typer.Exit(unexpected.exit_code) from error


def log_unexpected_error(error: BaseException, *, of: str) -> UnexpectedError:
    """Write the error and its traceback to the log of a process that serves, and return the error to show.

    A container's files are gone when it ends; its log lines are not. Before logging is configured
    the traceback is written to a log file after all.
    """
    if not logging.getLogger(LOGGER_NAME).handlers:
        return record_unexpected_error(error, of=of)
    _LOG.critical("ended by an unexpected error process=%s", of, exc_info=error)
    return describe_unexpected_error(error, traceback_place="the traceback is in the log")


def write_error(command: str, error: CreditDefaultError) -> None:
    """Write the one line of an error to standard error."""
    _write_line(command, str(error))


def _write_line(command: str, text: str) -> None:
    """Write one line about the command to standard error; `command` is empty for the program."""
    sys.stderr.write(f"{f'credit-default {command}'.strip()}: {text}\n")


def prepare_streams() -> None:
    """Let standard output and error take any text, and open to nowhere those with which the program was not given.

    What an encoding lacks, such as an emoji in a folder's name under an old locale, is printed as an escape: an error while
    the result is printed would come after the work was recorded. A closed stream's number would be given to the next file
    that is opened, and whatever is printed would go into it.
    """
    while (free := os.open(os.devnull, os.O_RDWR)) <= max(_STANDARD_STREAMS):
        pass
    os.close(free)
    for name, number in zip(("stdout", "stderr"), _STANDARD_STREAMS, strict=True):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_output_closed(error: BaseException) -> bool:
    """Return True when the error says that the reader of standard output or error is gone.

    rich and click turn that into `SystemExit(1)`. A connection to a service breaks with the same
    error: then our own streams are still open.
    """
    if isinstance(error, SystemExit):
        return isinstance(error.__context__, BrokenPipeError)
    return isinstance(error, BrokenPipeError) and any(map(_has_no_reader, _STANDARD_STREAMS))


def discard_output() -> None:
    """Let what is still printed go nowhere: Python flushes its streams once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(_has_no_reader, _STANDARD_STREAMS):
        os.dup2(nowhere, stream)


def _describe_full_disk(error: BaseException) -> ServiceError | None:
    """Return the error to show where a disk is full, for example that to which the result is printed."""
    if not isinstance(error, OSError) or error.errno not in _DISK_IS_FULL:
        return None
    return ServiceError(
        str(error.filename or "disk of this machine"),
        found=str(error.strerror),
        expected="room for what is written, the printed result among it",
        remedy="Free some space, then run the same command again: what is on record is not done twice.",
    )


def _is_ordered(ending: SystemExit) -> bool:
    """Return True for an ending by a signal or with a code of ours; a library ends with 1 or a text."""
    return ending.code is None or (isinstance(ending.code, int) and ending.code != 1)


def _has_no_reader(stream: int) -> bool:
    poll = select.poll()
    poll.register(stream, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
