"""Translate the errors of deltalake and Polars into ours, on one line.

Their own messages come in several lines, coloured, with the whole reply of S3 in them. A cause for which S3 gives a code
gets the message of `s3_errors`, whichever library raised it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pyarrow as pa
from deltalake.exceptions import DeltaError

from credit_default.adapters.host.plain_links import show_real_paths
from credit_default.adapters.storage.s3_errors import translate_s3_error
from credit_default.errors import CreditDefaultError, ServiceError

_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CODE = re.compile(r'<Code>(\w{1,60})</Code>|\bcode: "([A-Za-z]\w{1,60})"')
_CONNECTION_FAILURE = re.compile(
    r"error sending request|connection refused|tcp connect error|dns error", re.IGNORECASE
)
_LONGEST_FOUND = 300
_PANIC = "PanicException"

DELTA_EXCEPTIONS = (
    DeltaError,
    OSError,
    pa.ArrowException,
    pl.exceptions.PolarsError,
    # Polars' Parquet reader panics at a file that is shorter than the log says.
    pl.exceptions.PanicException,
)


class _S3CodeError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


@contextmanager
def delta_errors(uri: str) -> Iterator[None]:
    """Turn what deltalake or Polars raise in the block into one of our errors about the table at `uri`."""
    try:
        with panics_as_errors():
            yield
    except DELTA_EXCEPTIONS as error:
        raise translate_delta_error(error, uri) from error


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Turn a panic of deltalake in the block into a `DeltaError`: its own class cannot be imported, and is no `Exception`."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise DeltaError(str(error)) from error


def translate_delta_error(error: BaseException, uri: str) -> CreditDefaultError:
    """Return our error for one of deltalake's or Polars' about the table at `uri`."""
    message = show_real_paths(_clean_message(error))
    thing = f"table {uri}"
    if code := _CODE.search(message):
        return translate_s3_error(_S3CodeError(code[1] or code[2]), thing)
    if is_connection_error(error, uri):
        return translate_s3_error(ConnectionError(message), thing)
    return ServiceError(
        thing,
        found=message[:_LONGEST_FOUND],
        expected="a Delta table that can be read and written",
        remedy=(
            "Check the disk's space and permissions, then run the same command again: "
            "no commit is half done."
        ),
    )


def is_connection_error(error: BaseException, uri: str) -> bool:
    """Return True when the connection to a bucket broke, which leaves open whether the request was carried out."""
    return "://" in uri and _CONNECTION_FAILURE.search(_clean_message(error)) is not None


def _clean_message(error: BaseException) -> str:
    return " ".join(_TERMINAL_CODES.sub("", str(error)).split())
