"""What a check looks things up in: the lake, its ledger, its tables, its snapshots and its models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from verifier.findings import Findings, fault, gap, hold
from verifier.model.bundles import Bundle, Model
from verifier.reading.delta import open_table, read_rows
from verifier.reading.lake import Lake
from verifier.reading.ledger import Entry

KEY: Final = (("client_id", "ascending"), ("statement_month", "ascending"))


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The kept rows of a batch, and the record that completes them."""

    batch_id: str
    record: Mapping[str, Any]
    rows: pa.Table


@dataclass(frozen=True, eq=False)
class Record:
    """A lake that is checked. `snapshots` has those that could be read."""

    lake: Lake
    entries: tuple[Entry, ...]
    bundles: tuple[Bundle, ...]
    models: Mapping[str, Model]
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    @cached_property
    def ingestions(self) -> Mapping[str, Entry]:
        """The last entry of each batch's ingestion."""
        return {entry.batch_id: entry for entry in self.find("ingested")}

    @cached_property
    def _by_event(self) -> Mapping[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.event, []).append(entry)
        return found

    def find(self, *events: str) -> list[Entry]:
        """Return the entries of these events, in their order."""
        found = [entry for event in events for entry in self._by_event.get(event, [])]
        return found if len(events) == 1 else sorted(found, key=lambda entry: entry.sequence)

    def read_table(self, name: str, *columns: str) -> pa.Table:
        """Return the named columns of a table; no rows where the lake has no such table."""
        table = open_table(self.lake, name)
        if table is None:
            return pa.table({column: pa.array([], pa.null()) for column in columns})
        return read_rows(self.lake, table, columns)

    def list_rows(self, name: str, *columns: str) -> list[dict[str, Any]]:
        """Return the rows of a table as mappings."""
        return self.read_table(name, *columns).to_pylist()

    def list_seals(self, digest: str, folder: str = "") -> set[str]:
        """Return the seals of the bundles of a model, of all or of those below a folder."""
        return {
            bundle.model.seal
            for bundle in self.bundles
            if bundle.model is not None
            and bundle.model.manifest["digest"] == digest
            and bundle.folder.startswith(folder)
        }

    @property
    def erasures(self) -> list[Entry]:
        """The entries of erasures that were begun."""
        return self.find("forgetting")

    def list_erased_overrides(self) -> set[str]:
        """Return the digests of the overrides that erasures deleted."""
        found: set[str] = set()
        for entry in self.erasures:
            found |= set(json.loads(entry.read().get("overrides") or "[]"))
        return found

    def count_erased(self, table: str) -> int | None:
        """Return how many rows erasures deleted from a table; None where one of them never ended."""
        ended = [entry for entry in self.find("forgotten") if not entry.model_version]
        if len({entry.read().get("begun") for entry in ended}) < len(self.erasures):
            return None
        return sum(int(entry.read().get(table, 0)) for entry in ended)

    def was_changed(self, result: tuple[str, int]) -> bool:
        """Return whether an erasure changed the scores of this batch under this version."""
        return any(list(result) in json.loads(entry.read()["results"]) for entry in self.erasures)


def compare_counts(record: Record, table: str, things: Mapping[str, tuple[int, int]]) -> Findings:
    """Yield whether each thing has as many rows in a table as it should, but for those that erasures deleted.

    Args:
        record: The lake.
        table: The table.
        things: What was found and what was expected, by the name of the thing.
    """
    missing = 0
    erased = record.count_erased(table)
    for thing, (found, expected) in things.items():
        if found < expected and record.erasures:
            missing += expected - found
            yield gap(thing, f"{found} of {expected}; a client was erased since")
        elif found != expected:
            yield fault(thing, found, expected)
        else:
            yield hold("counts of rows")
    if erased is not None and missing != erased:
        yield fault(f"rows that {table} lacks", missing, f"{erased}, which erasures deleted")


def split_results(rows: pa.Table) -> dict[tuple[str, int], pa.Table]:
    """Return the rows of each batch and version, sorted by client and month."""
    if not rows.num_rows:
        return {}
    order = [("batch_id", "ascending"), ("model_version", "ascending"), *KEY]
    ordered = rows.sort_by(order)
    names = (ordered["batch_id"].to_pylist(), ordered["model_version"].to_pylist())
    found: dict[tuple[str, int], pa.Table] = {}
    first = 0
    for pair, group in groupby(zip(*names, strict=True)):
        count = sum(1 for _ in group)
        found[pair] = ordered.slice(first, count)
        first += count
    return found
