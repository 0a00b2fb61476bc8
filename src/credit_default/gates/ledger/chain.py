"""Is the record unbroken? Each entry of the ledger carries the hash of the one before; this is how it is made and judged.

The chain is that of Haber and Stornetta (1991): whoever changes, removes, adds or moves an entry changes every hash after
it. Somebody who may write everything can still forge the whole chain: a hash that was kept elsewhere finds that.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from credit_default.errors import InputError
from credit_default.gates.verdict import Verdict

GATE: Final = "ledger"
GENESIS_HASH: Final = "0" * 64  # what the first entry names as the hash before it
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One decision of the system. No client, no file's name and no person's words stand in it."""

    sequence: int  # 1, 2, 3 …
    at: str  # ISO 8601, UTC
    event: str  # ingested, scored, promoted …
    key: str  # names the decision: one entry a key
    batch_id: str  # "" where it is about no batch
    model_version: int  # 0 where it is about no version
    details: str  # a JSON object in canonical form: digests, counts, versions
    previous_hash: str
    entry_hash: str = ""


def chain_entry(entry: LedgerEntry, previous: LedgerEntry | None) -> LedgerEntry:
    """The entry as it follows `previous` (None: as the first): its place, the hash before it, and its own."""
    placed = replace(
        entry,
        sequence=previous.sequence + 1 if previous else 1,
        previous_hash=previous.entry_hash if previous else GENESIS_HASH,
        entry_hash="",
    )
    return replace(placed, entry_hash=hash_entry(placed))


def hash_entry(entry: LedgerEntry) -> str:
    """Hex sha256 of the entry's fields, its own hash left out, as JSON with sorted keys and no blanks."""
    content = {name: value for name, value in asdict(entry).items() if name != "entry_hash"}
    return hashlib.sha256(_write_json(content).encode()).hexdigest()


def write_details(details: Mapping[str, Scalar]) -> str:
    """The details in canonical form: sorted keys, no blanks, no NaN.

    Raises:
        InputError: a value that is no text, number, truth value or null.
    """
    odd = [
        name
        for name, value in details.items()
        if not isinstance(value, str | int | float | bool | None)
    ]
    try:
        if not odd:
            return _write_json(details)
    except ValueError:
        odd = [name for name, value in details.items() if isinstance(value, float)]
    raise InputError(
        "ledger details",
        found=f"{odd[0]}",
        expected="texts and finite numbers",
        remedy="Leave it out.",
    )


def judge_chain(entries: Iterable[LedgerEntry]) -> Verdict:
    """`ok` where every entry follows the one before it, in the order given; `alarm` names the first that does not."""
    previous: LedgerEntry | None = None
    keys: set[str] = set()
    count = 0
    for entry in entries:
        fault = _find_fault(entry, previous, keys)
        if fault:
            figures = {"unbroken_count": float(count)}
            return Verdict(GATE, "alarm", (f"entry {count + 1}: {fault}",), figures)
        keys.add(entry.key)
        previous = entry
        count += 1
    return Verdict(GATE, "ok", (f"{count:,} entries, unbroken",), {"entry_count": float(count)})


def _find_fault(entry: LedgerEntry, previous: LedgerEntry | None, keys: set[str]) -> str:
    expected = previous.sequence + 1 if previous else 1
    if entry.sequence != expected:
        return f"numbered {entry.sequence}, expected {expected}: one is missing, repeated or out of its place"
    if entry.entry_hash != hash_entry(entry):
        return "its content is not what its hash says: it was changed"
    if entry.previous_hash != (previous.entry_hash if previous else GENESIS_HASH):
        return "it does not follow the entry before it: that one was changed or exchanged"
    if entry.key in keys:
        return f"its decision {entry.key!r} stands there already"
    return ""


def _write_json(content: Mapping[str, Scalar]) -> str:
    return json.dumps(
        dict(content), sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
    )
