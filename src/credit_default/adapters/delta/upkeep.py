"""Keep a Delta table quick to read however many commits it has: merge small files, and remove files that were replaced.

The rows stay the same. Every step is a commit of its own or none at all: a process that is killed leaves the table whole,
and the next run goes on where it ended. `erasure` removes at once what a client's erasure replaced.
"""

import datetime as dt
import logging
from typing import Final

import polars as pl
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs

from credit_default.adapters.delta.commits import compact_rows
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.file_log import list_data_files
from credit_default.adapters.delta.plain_addresses import find_plain_address
from credit_default.adapters.delta.retries import RetryPolicy
from credit_default.adapters.delta.table import LakeTable, find_delta_table

# Held by who rewrites files of tables and by who erases a client: of an erasure that comes while files are merged, no file
# with its rows is written afterwards.
UPKEEP_LOCK: Final = "tables"
_RETRY: Final = RetryPolicy(attempt_count=3)  # then the next run merges them

_LOG = logging.getLogger(__name__)


def merge_small_files(table: LakeTable, *, fewest: int) -> int:
    """Merge the files of each partition that has at least so many, and return how many were merged.

    Args:
        table: The table; where nothing was ever written, nothing is done.
        fewest: A partition with fewer files is left as it is: to rewrite it would cost more than it saves.

    Raises:
        ServiceError: The table cannot be reached, or another runner committed to a partition each time.
    """
    files = list_data_files(table, ()).group_by("partition").len()
    crowded = files.filter(pl.col("len") >= fewest).drop_nulls("partition")["partition"].sort()
    merged = sum(compact_rows(table, retry=_RETRY, partition=value) for value in crowded)
    if merged:
        with delta_errors(table.uri):
            delta = find_delta_table(table)
            if delta is not None:
                delta.create_checkpoint()  # a reader opens it instead of the commits before it
        _LOG.info("merged files table=%s file_count=%d", table.uri, merged)
    return merged


def remove_replaced_files(table: LakeTable, *, keep: dt.timedelta) -> int:
    """Remove files that the present version does not use and has not used for that long; return how many there were.

    Files of killed runners, which no version ever named, are among them.

    Args:
        table: The table; where nothing was ever written, nothing is done.
        keep: Readers of an older version, and runners that have written a file and not committed it yet, have so long.

    Raises:
        ServiceError: The table cannot be reached.
    """
    hours = round(keep.total_seconds() / 3600)
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return 0
        named = delta.vacuum(hours, enforce_retention_duration=False, full=True)
        # the log names removed files for some days more; without any other, a commit would be all that a run leaves
        found = _list_stored_files(table).intersection(named)
        if found:
            delta.vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True)
            _LOG.info("removed replaced files table=%s file_count=%d", table.uri, len(found))
    return len(found)


def _list_stored_files(table: LakeTable) -> set[str]:
    handler = DeltaStorageHandler(find_plain_address(table.uri), dict(table.storage_options()))
    found = fs.PyFileSystem(handler).get_file_info(fs.FileSelector("", recursive=True))
    return {str(info.path) for info in found}
