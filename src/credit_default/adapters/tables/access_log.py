"""The tables of who looked at which client: the access log, and the keys by which its entries can be found.

An entry names no client: it has a hash of the id under a key that belongs to that client alone. The key is a row of
`pseudonyms`, which `forget` deletes: the entry stays, as the law wants, and nothing leads from it to the client any more.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from credit_default.adapters.delta.commits import append_row, compact_rows
from credit_default.adapters.delta.erasure import delete_rows, erase_history
from credit_default.adapters.delta.retries import DEFAULT_RETRY, RetryPolicy
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake, check_month
from credit_default.adapters.tables.schemas import ACCESS_LOG, PSEUDONYMS, locate_table
from credit_default.errors import ServiceError

_COMPACT_ONE_IN: Final = 64  # entries, on average
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One look at a client: when, by whom with which role, at what, and of which batch."""

    entry_id: str
    looked_at: dt.datetime
    person: str
    role: str
    page: str
    batch_id: str  # "" where none was found
    client_hash: str  # "" where no client was found


def write_access(lake: Lake, entry: AccessEntry) -> None:
    """Append the entry; who shows a client calls this before.

    Raises:
        ServiceError: The table cannot be written to: nothing may be shown then.
    """
    at = entry.looked_at.astimezone(dt.UTC)
    row = pa.Table.from_pylist(
        [{**asdict(entry), "looked_at": at, "month": f"{at:%Y-%m}"}], schema=ACCESS_LOG
    )
    append_row(locate_table(lake, "access_log"), lambda _: (row, {}), retry=DEFAULT_RETRY)
    if int(entry.entry_id[:8], 16) % _COMPACT_ONE_IN == 0:
        _compact(lake)


def read_access(
    lake: Lake,
    *,
    count: int,
    skipped: int = 0,
    month: str | None = None,
    hashes: Collection[str] | None = None,
) -> tuple[AccessEntry, ...]:
    """Return entries, the newest first, of one month (YYYY-MM) or of all, about one client or about all (None)."""
    wanted = pl.lit(value=True) if month is None else pl.col("month") == check_month(month)
    if hashes is not None:
        wanted &= pl.col("client_hash").is_in(list(hashes))
    names = [name for name in ACCESS_LOG.names if name != "month"]
    rows = query_rows(
        locate_table(lake, "access_log"),
        lambda table: (
            table.filter(wanted)
            .select(names)
            .sort("looked_at", "entry_id", descending=True)
            .slice(skipped, count)
        ),
    )
    return tuple(AccessEntry(**row) for row in rows.iter_rows(named=True))


def count_access_before(lake: Lake, month: str) -> int:
    """Return how many entries there are of months before this one (YYYY-MM)."""
    is_old = pl.col("month") < check_month(month)
    rows = query_rows(
        locate_table(lake, "access_log"), lambda table: table.filter(is_old).select(pl.len())
    )
    return int(rows.item())


def delete_access_before(lake: Lake, month: str) -> None:
    """Delete the entries of months before this one (YYYY-MM), for good."""
    table = locate_table(lake, "access_log")
    delete_rows(table, f"month < '{check_month(month)}'")
    erase_history(table)


def hash_client(lake: Lake, client_id: str, *, at: dt.datetime) -> str:
    """Return the hash by which entries name the client; its key is made where there is none yet."""
    known = find_client_hashes(lake, [client_id])
    if known:
        return min(known)
    key = secrets.token_bytes(_KEY_BYTES).hex()
    month = f"{at.astimezone(dt.UTC):%Y-%m}"
    row = pa.Table.from_pylist(
        [{"month": month, "client_id": client_id, "secret": key}], schema=PSEUDONYMS
    )
    append_row(locate_table(lake, "pseudonyms"), lambda _: (row, {}), retry=DEFAULT_RETRY)
    return compute_client_hash(key, client_id)


def find_client_hashes(lake: Lake, spellings: Collection[str]) -> frozenset[str]:
    """Return the hashes of a client under these spellings of the id: none before the first look, nor after an erasure.

    Two where two people looked for the first time at once.
    """
    rows = query_rows(
        locate_table(lake, "pseudonyms"),
        lambda table: table.filter(pl.col("client_id").is_in(list(spellings))),
    )
    return frozenset(
        compute_client_hash(key, client)
        for client, key in rows.select("client_id", "secret").rows()
    )


def compute_client_hash(key: str, client_id: str) -> str:
    """Return the HMAC-SHA256 of the id under the client's key, as hex."""
    return hmac.new(bytes.fromhex(key), client_id.encode(), hashlib.sha256).hexdigest()


def _compact(lake: Lake) -> None:
    """Merge the small files of single entries; where another runner writes, a later entry tries again."""
    try:
        compact_rows(locate_table(lake, "access_log"), retry=RetryPolicy(attempt_count=1))
    except ServiceError:
        return
