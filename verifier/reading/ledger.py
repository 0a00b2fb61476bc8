"""The ledger: its entries, the chain of their hashes, and heads that were noted elsewhere."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from verifier.findings import Findings, fault, hold
from verifier.reading.delta import open_table, read_rows
from verifier.reading.lake import Lake

_GENESIS: Final = "0" * 64
_HASHED: Final = (
    "sequence",
    "at",
    "event",
    "key",
    "batch_id",
    "model_version",
    "details",
    "previous_hash",
)
_COLUMNS: Final = ("month", "decided_at", "entry_hash", *(n for n in _HASHED if n != "at"))
_ANCHOR: Final = re.compile(r"(\d+)\s+([0-9a-f]{64})\Z")


class AnchorError(Exception):
    """A file of noted heads that is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger."""

    sequence: int
    at: str
    event: str
    key: str
    batch_id: str
    model_version: int
    details: str
    previous_hash: str
    entry_hash: str
    month: str

    @property
    def thing(self) -> str:
        """The entry, as findings name it."""
        return f"ledger entry {self.sequence}"

    @property
    def result(self) -> tuple[str, int]:
        """The batch and the version that it is about."""
        return self.batch_id, self.model_version

    def read(self) -> dict[str, Any]:
        """Return its details; empty where they are no JSON object, which the chain's check names."""
        try:
            found = json.loads(self.details)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def compute_hash(self) -> str:
        """Return the hash that its content has."""
        content = {name: getattr(self, name) for name in _HASHED}
        return hashlib.sha256(write_canonical(content).encode()).hexdigest()


def write_canonical(content: Mapping[str, Any]) -> str:
    """Return canonical JSON: sorted keys, no blanks, ASCII alone."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def format_time(at: dt.datetime) -> str:
    """Return a time as entries have it: ISO 8601, UTC, to the microsecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def read_entries(lake: Lake) -> tuple[Entry, ...]:
    """Return the entries by their sequence, unchecked."""
    table = open_table(lake, "ledger")
    if table is None:
        return ()
    rows = read_rows(lake, table, _COLUMNS).to_pylist()
    entries = (Entry(at=format_time(row.pop("decided_at")), **row) for row in rows)
    return tuple(sorted(entries, key=lambda entry: entry.sequence))


def check_chain(entries: Sequence[Entry]) -> Findings:
    """Yield the first entry that does not follow the one before it, or that all do; and each entry's own form."""
    previous, keys = None, set[str]()
    for entry in entries:
        if found := _find_break(entry, previous, keys):
            yield fault(entry.thing, *found)
            return
        if entry.month != entry.at[:7]:
            yield fault(
                entry.thing, f"the month {entry.month}", f"that of its time, {entry.at[:7]}"
            )
        if write_canonical(entry.read()) != entry.details:
            yield fault(entry.thing, "details in another form", "a JSON object in canonical form")
        previous = entry
        keys.add(entry.key)
    yield hold("ledger entries", len(entries))


def _find_break(entry: Entry, previous: Entry | None, keys: set[str]) -> tuple[str, str] | None:
    expected = previous.sequence + 1 if previous else 1
    if entry.sequence != expected:
        return f"the number {entry.sequence}", f"{expected}: one is missing, doubled or moved"
    if entry.entry_hash != entry.compute_hash():
        return f"the hash {entry.entry_hash}", f"{entry.compute_hash()}, that of its content"
    if entry.previous_hash != (previous.entry_hash if previous else _GENESIS):
        return f"the previous hash {entry.previous_hash}", "that of the entry before it"
    if entry.key in keys:
        return f"the key {entry.key!r} of an earlier entry", "a key of its own"
    return None


def check_anchor(entries: Sequence[Entry], path: Path) -> Findings:
    """Yield for each noted head whether the ledger still has it.

    Raises:
        AnchorError: The file cannot be read, or is none of noted heads.
    """
    hashes = {entry.sequence: entry.entry_hash for entry in entries}
    for sequence, noted in _read_anchor(path):
        found = hashes.get(sequence, "no such entry")
        if found == noted:
            yield hold("noted heads")
        else:
            yield fault(f"ledger entry {sequence}", found, f"{noted}, as {path.name} noted")


def _read_anchor(path: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorError(f"{path}: {error}") from error
    written = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not written:
        raise AnchorError(f"{path}: found no line, expected a sequence and a hash on each")
    for line in written:
        found = _ANCHOR.match(line)
        if not found:
            raise AnchorError(f"{path}: found {line[:80]!r}, expected a sequence and a hash")
        yield int(found[1]), found[2]
