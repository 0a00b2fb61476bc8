"""Maintain the lake's tables: merge the small files that single batches leave, and remove files that were replaced long ago.

It is idempotent and may run at any time, beside other commands: running it again finds nothing to do. No row is changed or
removed; the whole lake is verified afterwards, which `maintain` ends with.
"""

import datetime as dt
import logging
from dataclasses import replace

from credit_default.adapters.delta.upkeep import (
    UPKEEP_LOCK,
    merge_small_files,
    remove_replaced_files,
)
from credit_default.adapters.tables.schemas import TABLES, locate_table
from credit_default.errors import ServiceError
from credit_default.services.audit.replay import verify_lake
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def maintain_tables(wiring: Wiring) -> Summary:
    """Merge small files of every table, and remove replaced ones that are older than `maintenance.keep_days`.

    A table whose files cannot be merged now, as other runs commit to it all the time, is named in a note: the next
    run merges them.

    Raises:
        ServiceError: The lake cannot be reached.
    """
    policy, merged, removed = wiring.settings.maintenance, 0, 0
    notes: list[str] = []
    with wiring.lake.hold_lock(UPKEEP_LOCK):
        for name in TABLES:
            table = locate_table(wiring.lake, name)
            try:
                merged += merge_small_files(table, fewest=policy.fewest_files)
            except ServiceError as error:
                _LOG.warning("files are not merged table=%s: %s", name, error)
                notes.append(f"table {name}: its files are merged by the next run ({error.found})")
            removed += remove_replaced_files(table, keep=dt.timedelta(days=policy.keep_days))
    status = "maintained" if merged or removed else "nothing to do"
    counts = {"files merged": merged, "files removed": removed}
    return Summary("maintain", status, counts=counts, notes=tuple(notes))


def prove_maintained(wiring: Wiring, summary: Summary) -> Summary:
    """Return the summary with the verdicts of a whole `verify`: exit code 1 where ledger and tables do not match."""
    proved = verify_lake(wiring, batch_id=None, client_id=None, head=None)
    return replace(
        summary,
        exit_code=proved.exit_code,
        verdicts=proved.verdicts,
        notes=(*summary.notes, *proved.notes),
        paths=proved.paths,
    )
