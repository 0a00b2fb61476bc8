"""The access log for administrators: who looked at which client, the end of its entries, and the erasure of a client by name of who."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.tables.access_log import (
    AccessEntry,
    delete_access_before,
    find_client_hashes,
    read_access,
    write_access,
)
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.errors import InputError
from credit_default.services.audit.erasure import forget_client
from credit_default.services.context.wiring import Wiring
from credit_default.services.overview.client_detail import Looker
from credit_default.views.summaries.summary import Summary

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Fifty entries, the newest first."""

    entries: tuple[AccessEntry, ...]
    number: int  # from 1
    has_more: bool
    month: str  # YYYY-MM; "" where entries of all months are listed
    of_client: bool  # only the entries about one client are listed


def list_access(
    wiring: Wiring, *, number: int = 1, month: str = "", client_id: str = ""
) -> AccessPage:
    """Return a page of entries, of one month or of all (""), about one client or about all ("").

    Raises:
        InputError: The month is no month.
    """
    spellings = {client_id, read_client_id(client_id)} if client_id else set()
    found = read_access(
        wiring.lake,
        count=PAGE_SIZE + 1,
        skipped=PAGE_SIZE * (number - 1),
        month=month or None,
        hashes=find_client_hashes(wiring.lake, spellings) if spellings else None,
    )
    return AccessPage(
        found[:PAGE_SIZE],
        number,
        has_more=len(found) > PAGE_SIZE,
        month=month,
        of_client=bool(spellings),
    )


def delete_old_access(wiring: Wiring, before: str, *, looker: Looker) -> int:
    """Delete the entries of months before this one (YYYY-MM), and return how many; that it was done is an entry itself.

    Raises:
        InputError: It is no month, or one that has not come yet.
    """
    if before > f"{looker.at.astimezone(dt.UTC):%Y-%m}":
        raise InputError(
            "the month",
            found=before[:40],
            expected="this month or an earlier one",
            remedy="Entries of months before it are deleted, for good.",
        )
    count = delete_access_before(wiring.lake, before)
    _write_entry(wiring, looker, page=f"access log: {count} entries before {before} deleted")
    return count


def erase_client(wiring: Wiring, client_id: str, *, confirmation: str, looker: Looker) -> Summary:
    """Erase the client as `forget` does, once the id was typed twice; who did it is an entry, without the id.

    Raises:
        InputError: Both are not the same, or the lake has no row of that client.
    """
    if confirmation != client_id:
        raise InputError(
            "the confirmation",
            found="another text than the client's id",
            expected="the id, typed once more",
            remedy="Nothing was erased. Type the same id into both fields.",
        )
    spellings = {client_id, read_client_id(client_id)}
    hashes = find_client_hashes(wiring.lake, spellings)
    _write_entry(wiring, looker, page="client, erasure", client_hash=min(hashes, default=""))
    return forget_client(wiring, client_id, forgotten_at=looker.at)


def _write_entry(wiring: Wiring, looker: Looker, *, page: str, client_hash: str = "") -> None:
    write_access(
        wiring.lake,
        AccessEntry(
            entry_id=looker.entry_id,
            at=looker.at,
            person=looker.person,
            role=looker.role,
            page=page,
            batch_id="",
            client_hash=client_hash,
        ),
    )
