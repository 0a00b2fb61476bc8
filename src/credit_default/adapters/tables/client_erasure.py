"""Deleting a client's rows from every table."""

import hashlib

from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import CLIENT_TABLES, locate_table
from credit_default.failpoints import hit_failpoint


def delete_client(lake: Lake, client_id: str) -> dict[str, int]:
    """How many rows of the client were deleted, by table; the older versions that held them are erased.

    One commit a table: after a crash, doing it again completes it. Tables are searched by the id's sha256, so that their
    logs, which keep what was searched, do not keep the id. `delta.erasure.erase_history` says what readers may notice.
    """
    digest = hashlib.sha256(client_id.encode()).hexdigest()
    counts = {}
    for name in CLIENT_TABLES:
        counts[name] = delete_rows(
            locate_table(lake, name), f"encode(sha256(client_id), 'hex') = '{digest}'"
        )
        hit_failpoint("client.deleted")
        erase_history(locate_table(lake, name))
    return counts
