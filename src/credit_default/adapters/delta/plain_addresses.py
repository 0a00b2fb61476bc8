"""Give deltalake and Polars an address that they can take, for a table in a folder of any name.

Both read a path as a URL and as a pattern. Measured with deltalake 1.6 and Polars 2.1: below a name with a space, `#`, `%`, `?`,
`[`, `=` or a letter outside ASCII, one or the other finds nothing or writes elsewhere. deltalake resolves a table's own path,
but not what is below it. So it gets a private folder with a plain name that holds links: to the table's log, and to each
partition's folder. That has to be linked before its first row is written: deltalake would create one outside the lake.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pyarrow as pa

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.plain_links import (
    find_links_folder,
    is_plain,
    require_private_folder,
)
from credit_default.errors import ServiceError

_PLAIN_URI: Final = re.compile(r"[a-z0-9]+://[A-Za-z0-9._/-]*")
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9._-]+")
_LOG_FOLDER: Final = "_delta_log"
_NULL_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"


def find_plain_address(uri: str) -> str:
    """Return the address by which deltalake reaches the table: `uri` itself where it is plain.

    Raises:
        SetupError: A folder for links is needed, and can be created nowhere.
    """
    if _is_in_bucket(uri):
        return uri if _PLAIN_URI.fullmatch(uri) else quote(uri, safe="/:")
    if not _needs_links(uri):
        return uri
    _link_folders(uri, [_LOG_FOLDER])
    return str(find_links_folder(uri))


def can_scan_natively(uri: str) -> bool:
    """Return whether Polars can read the table's files itself: in a bucket it takes them by a plain address only.

    It reads `%20` in the address of an object as these three characters, and `a=b` as a column.
    """
    return not _is_in_bucket(uri) or _PLAIN_URI.fullmatch(uri) is not None


def require_plain_address(uri: str) -> None:
    """Check that tables below this folder, or in this bucket, can be reached.

    Raises:
        SetupError: They cannot: see `find_plain_address`.
    """
    if _needs_links(uri):
        require_private_folder()


def create_table_folder(uri: str) -> None:
    """Create the folder of the table's log, to which the plain address already links."""
    if _needs_links(uri):
        with disk_errors(Path(uri)):
            (Path(uri) / _LOG_FOLDER).mkdir(parents=True, exist_ok=True)


def adopt_partitions(uri: str) -> None:
    """Link the partitions that the table has. Call it after the table was opened: its version names no others then."""
    if not _needs_links(uri):
        return
    with os.scandir(uri) as entries:
        _link_folders(uri, [entry.name for entry in entries if entry.is_dir()])


def add_partitions(uri: str, column: str, rows: pa.Table) -> None:
    """Create and link the partitions that these rows belong to, before they are written.

    Args:
        uri: The table.
        column: The column by whose values it is partitioned.
        rows: What is about to be written.

    Raises:
        ServiceError: A value of the column is one that deltalake would write in another form, or the disk cannot be written.
    """
    if not _needs_links(uri):
        return
    values = rows.column(column).unique().to_pylist()
    names = [f"{column}={_check_value(uri, column, value)}" for value in values]
    with disk_errors(Path(uri)):
        for name in names:
            (Path(uri) / name).mkdir(exist_ok=True)
        _link_folders(uri, names)


def _is_in_bucket(uri: str) -> bool:
    return "://" in uri


def _needs_links(uri: str) -> bool:
    return not _is_in_bucket(uri) and not is_plain(uri)


def _link_folders(uri: str, names: Iterable[str]) -> None:
    folder, real = find_links_folder(uri), Path(os.path.realpath(uri))
    for name in names:
        with suppress(FileExistsError):
            (folder / name).symlink_to(real / name)


def _check_value(uri: str, column: str, value: object) -> str:
    if value is None:
        return _NULL_PARTITION
    if not _PLAIN_VALUE.fullmatch(str(value)):
        raise ServiceError(
            f"table {uri}",
            found=f"{column} {str(value)[:80]!r}",
            expected="letters, digits, '.', '_' and '-', as in 2005-09",
            remedy="Nothing was written. Correct the value.",
        )
    return str(value)
