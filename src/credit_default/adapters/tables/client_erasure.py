"""Delete a client's rows from every table that has rows of clients."""

import hashlib
from collections.abc import Collection

from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.delta.upkeep import UPKEEP_LOCK
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import CLIENT_TABLES, locate_table
from credit_default.failpoints import hit_failpoint


def delete_client(lake: Lake, spellings: Collection[str]) -> dict[str, int]:
    """Delete the client's rows, under each spelling of the id, and the older versions that had them.

    Return how many there were, by table. One commit a table: after a crash, calling it again
    completes it. The rows are searched by the id's sha256, so that the tables' logs, which keep the
    search condition, do not keep the id. See `adapters.delta.erasure.erase_history` for what
    readers may notice.
    """
    digests = (hashlib.sha256(client_id.encode()).hexdigest() for client_id in sorted(spellings))
    wanted = ", ".join(f"'{digest}'" for digest in digests)
    counts = {}
    with lake.hold_lock(UPKEEP_LOCK):
        for name in CLIENT_TABLES:
            counts[name] = delete_rows(
                locate_table(lake, name), f"encode(sha256(client_id), 'hex') IN ({wanted})"
            )
            hit_failpoint("client.deleted")
            erase_history(locate_table(lake, name))
    return counts
