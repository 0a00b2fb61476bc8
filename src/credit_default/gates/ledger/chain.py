"""Chain the entries of the ledger by hash, and check that the chain is unbroken.

Each entry carries the hash of the one before it (Haber and Stornetta, "How to time-stamp a digital
document", 1991): to change, remove, add or move an entry changes every hash after it. A person who
can write the whole table can still forge the whole chain; comparing it with a hash that was noted
elsewhere reveals that.
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from credit_default.errors import InputError
from credit_default.gates.verdict import Verdict

GATE: Final = "ledger"
GENESIS_HASH: Final = "0" * 64  # what the first entry names as the hash before it
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One decision of the system. It holds no client, no file name and no free text.

    Attributes:
        sequence: 1, 2, 3 …, without gaps.
        at: When it was decided: ISO 8601, UTC, to the microsecond.
        event: The kind of decision, such as `ingested`, `scored` or `promoted`.
        key: Names the decision; no two entries have the same.
        batch_id: Empty where the decision is not about a batch.
        model_version: 0 where the decision is not about a model version.
        details: A JSON object in canonical form: digests, counts and versions.
            `gates.ledger.event_format` reads it.
        previous_hash: The hash of the entry before; `GENESIS_HASH` for the first.
        entry_hash: The hash of all other fields.
    """

    sequence: int
    at: str
    event: str
    key: str
    batch_id: str
    model_version: int
    details: str
    previous_hash: str
    entry_hash: str = ""


_HASHED_FIELDS: Final = tuple(
    field.name for field in fields(LedgerEntry) if field.name != "entry_hash"
)


def chain_entry(entry: LedgerEntry, previous: LedgerEntry | None) -> LedgerEntry:
    """Return the entry with its sequence and hashes, as the one that follows `previous`.

    None makes it the first.
    """
    placed = replace(
        entry,
        sequence=previous.sequence + 1 if previous else 1,
        previous_hash=previous.entry_hash if previous else GENESIS_HASH,
        entry_hash="",
    )
    return replace(placed, entry_hash=hash_entry(placed))


def hash_entry(entry: LedgerEntry) -> str:
    """Return the hex sha256 of the entry's fields without `entry_hash`, as canonical JSON.

    Canonical JSON has sorted keys and no blanks.
    """
    content = {name: getattr(entry, name) for name in _HASHED_FIELDS}
    return hashlib.sha256(_write_json(content).encode()).hexdigest()


def write_details(details: Mapping[str, Scalar]) -> str:
    """Return the details in canonical form: JSON with sorted keys and no blanks.

    Raises:
        InputError: A value is not text, a finite number, a truth value or null.
    """
    for name, value in details.items():
        is_infinite = isinstance(value, float) and not math.isfinite(value)
        if is_infinite or not isinstance(value, str | int | float | bool | None):
            raise InputError(
                "ledger details",
                found=f"{name} {value!r:.50}",
                expected="texts and finite numbers",
                remedy="Leave it out.",
            )
    return _write_json(details)


def judge_chain(
    entries: Iterable[LedgerEntry],
    *,
    noted: LedgerEntry | None = None,
    noted_keys: Collection[str] = (),
) -> Verdict:
    """Return `ok` where every entry follows the one before it, in the order given.

    `alarm` names the first that does not.

    Args:
        entries: All entries, or with `noted` those after it.
        noted: An entry whose hash was noted when everything up to it was judged. Its content has to match that hash.
        noted_keys: Of the keys up to it those that entries after it have again.
    """
    if noted is not None and noted.entry_hash != hash_entry(noted):
        reason = f"entry {noted.sequence}: its content does not match its hash: it was changed"
        return Verdict(GATE, "alarm", (reason,), {"unbroken_count": 0.0})
    previous, keys = noted, set(noted_keys)
    count = 0
    for entry in entries:
        fault = _find_fault(entry, previous, keys)
        if fault:
            figures = {"unbroken_count": float(count)}
            place = count + 1 + (noted.sequence if noted else 0)
            return Verdict(GATE, "alarm", (f"entry {place}: {fault}",), figures)
        keys.add(entry.key)
        previous = entry
        count += 1
    found = f"{count:,} entries, unbroken"
    if noted is not None:
        found = f"{count:,} entries after entry {noted.sequence:,}, unbroken"
    return Verdict(GATE, "ok", (found,), {"entry_count": float(count)})


def _find_fault(entry: LedgerEntry, previous: LedgerEntry | None, keys: set[str]) -> str:
    expected = previous.sequence + 1 if previous else 1
    if entry.sequence != expected:
        return f"numbered {entry.sequence}, expected {expected}: an entry is missing, repeated or out of place"
    if entry.entry_hash != hash_entry(entry):
        return "its content does not match its hash: it was changed"
    if entry.previous_hash != (previous.entry_hash if previous else GENESIS_HASH):
        return "it does not follow the entry before it: that one was changed or replaced"
    if entry.key in keys:
        return f"its decision {entry.key!r} is recorded by an earlier entry"
    return ""


def _write_json(content: Mapping[str, Scalar]) -> str:
    return json.dumps(
        dict(content), sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
    )
