"""The access log: who looked at which client, written before anything is shown, listed for administrators, ended after its time."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.access_log import (
    AccessEntry,
    count_access_before,
    delete_access_before,
    find_client_hashes,
    read_access,
    write_access,
)
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.errors import InputError
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks at a client: the name, the role, when, and random hexadecimal digits that identify the look."""

    person: str
    role: str
    at: dt.datetime
    entry_id: str


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Fifty entries, the newest first."""

    entries: tuple[AccessEntry, ...]
    number: int  # from 1
    has_more: bool
    month: str  # YYYY-MM; "" where entries of all months are listed
    of_client: bool  # only the entries about one client are listed


def record_look(
    lake: Lake, looker: Looker, *, page: str, batch_id: str = "", client_hash: str = ""
) -> None:
    """Write an entry about what is about to be shown or done; client and batch are "" where none was found."""
    write_access(
        lake,
        AccessEntry(
            entry_id=looker.entry_id,
            looked_at=looker.at,
            person=looker.person,
            role=looker.role,
            page=page,
            batch_id=batch_id,
            client_hash=client_hash,
        ),
    )


def record_act(
    lake: Lake, looker: Looker, client_id: str, *, page: str, batch_id: str = ""
) -> None:
    """Write an entry about what is about to be done with a client, whose answer may tell of the client."""
    client_hash = min(find_hashes(lake, client_id), default="")
    record_look(lake, looker, page=page, batch_id=batch_id, client_hash=client_hash)


def list_access(
    wiring: Wiring, *, number: int = 1, month: str = "", client_id: str = ""
) -> AccessPage:
    """Return a page of entries, of one month or of all (""), about one client or about all ("").

    Raises:
        InputError: The month is no month.
    """
    found = read_access(
        wiring.lake,
        count=PAGE_SIZE + 1,
        skipped=PAGE_SIZE * (number - 1),
        month=month or None,
        hashes=find_hashes(wiring.lake, client_id) if client_id else None,
    )
    return AccessPage(
        found[:PAGE_SIZE],
        number,
        has_more=len(found) > PAGE_SIZE,
        month=month,
        of_client=bool(client_id),
    )


def find_hashes(lake: Lake, client_id: str) -> frozenset[str]:
    """Return the hashes by which entries name the client, in any spelling of the id; none where nobody looked."""
    return find_client_hashes(lake, {client_id, read_client_id(client_id)})


def delete_old_access(wiring: Wiring, before: str, *, looker: Looker) -> Summary:
    """Delete the entries of months before this one (YYYY-MM), for good; that it is done is an entry itself, written before.

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
    count = count_access_before(wiring.lake, before)
    record_look(wiring.lake, looker, page=f"access log: {count} entries before {before} deleted")
    delete_access_before(wiring.lake, before)
    return Summary(
        "access-log",
        f"entries of months before {before} deleted",
        counts={"deleted": count},
        notes=("that it was done is an entry itself",),
    )
