"""Delete rows from a Delta table, and erase the older versions that still hold them.

A deletion is a commit: the rows stay in the files of older versions. `erase_history` removes those files, after which the
rows cannot be recovered.
"""

import logging
from collections.abc import Mapping
from typing import Any

from deltalake import DeltaTable

from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.retries import (
    DEFAULT_RETRY,
    RetryPolicy,
    build_commit_properties,
    commit_once,
)
from credit_default.adapters.delta.table import LakeTable, find_delta_table
from credit_default.failpoints import hit_failpoint

_LOG = logging.getLogger(__name__)


def delete_rows(table: LakeTable, predicate: str, *, retry: RetryPolicy = DEFAULT_RETRY) -> int:
    """Delete the rows that match `predicate` in one commit, and return how many there were.

    They stay in the files of older versions until `erase_history` is called. The predicate itself is kept in the table's
    log: it should name no client.

    Args:
        table: The table; where nothing was ever written, nothing is created.
        predicate: SQL over the table's columns.
        retry: How often the commit is tried when another runner commits to the same rows.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """

    def read_count(metrics: Mapping[str, Any]) -> int:
        return int(metrics["num_deleted_rows"] or 0)

    def write(delta: DeltaTable, token: str) -> int:
        properties = build_commit_properties(token, {})
        return read_count(delta.delete(predicate, commit_properties=properties))

    with delta_errors(table.uri):
        if find_delta_table(table) is None:
            return 0
    return commit_once(
        table,
        write,
        recover_result=lambda commit: read_count(commit["operationMetrics"]),
        retry=retry,
    )


def erase_history(table: LakeTable, *, keep_hours: int = 24) -> int:
    """Remove the files that the current version does not use, and return how many: deleted rows are gone for good then.

    Time travel ends here. A reader that opened an older version and has not read it to its end fails, and gets the current
    version when it reads again.

    Args:
        table: The table.
        keep_hours: How old a file must be that no version ever named. A runner that died before its commit leaves such
            files, and so does one that is about to commit: a shorter time would remove the rows of a runner at work.

    Raises:
        ServiceError: The table cannot be reached.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return 0
        retired = delta.vacuum(0, dry_run=False, enforce_retention_duration=False)
        hit_failpoint("table.vacuumed")
        stray = delta.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False, full=True)
    _LOG.info("erased history table=%s file_count=%d", table.uri, len(retired) + len(stray))
    return len(retired) + len(stray)
