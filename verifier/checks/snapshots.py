"""Snapshots: the rows that a batch was scored from, held against their record and the ledger."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from verifier.checks.record import Record, Snapshot
from verifier.findings import Findings, compare, fault, gap, guard, hold
from verifier.reading.delta import make_plain
from verifier.reading.lake import Lake, parse_parquet
from verifier.reading.ledger import Entry

_HOME: Final = "snapshots/"
_RECORD: Final = "/snapshot.json"
_USES: Final = ("", " outcome required", " outcome kept")


def check_snapshots(record: Record) -> Findings:
    """Yield what is found of each snapshot, and keep those that can be read in the record."""
    keys = record.lake.list_keys(_HOME)
    by_folder: dict[str, list[str]] = {}
    for key in keys:
        by_folder.setdefault(key.split("/")[1], []).append(key)
    digests = [
        key.removeprefix(_HOME).removesuffix(_RECORD) for key in keys if key.endswith(_RECORD)
    ]
    for digest in digests:
        own = by_folder[digest]
        yield from guard(f"snapshot {digest}", _check_snapshot(record, digest, own))
    known = set(digests)
    for entry in record.find("ingested"):
        if entry.batch_id not in known:
            yield fault(f"snapshot {entry.batch_id}", "none", f"the rows of {entry.thing}")


def _check_snapshot(record: Record, digest: str, keys: Iterable[str]) -> Findings:
    thing = f"snapshot {digest}"
    said = json.loads(record.lake.read(f"{_HOME}{digest}{_RECORD}"))
    parts, of_parts = _list_parts(record.lake, digest, said)
    yield from of_parts
    tables = []
    for key in parts:
        content = record.lake.read(key)
        yield _check_name(key, content)
        tables.append(make_plain(parse_parquet(content)))
    rows = pa.concat_tables(tables)
    record.snapshots[digest] = Snapshot(digest, said, rows)
    yield compare(
        f"{thing}, rows", rows.num_rows, said["row_count"], kind="row counts of snapshots"
    )
    columns = (rows["client_id"].to_pylist(), rows["statement_month"].to_pylist())
    pairs = Counter(zip(*columns, strict=True))
    if len(pairs) < rows.num_rows:
        yield fault(
            thing, f"{rows.num_rows - len(pairs)} repeated keys", "each client and month once"
        )
    yield from _check_identity(thing, digest, said, rows)
    yield from _check_entry(record, thing, digest, said)
    named = {f"{_HOME}{digest}{_RECORD}", said["rows_key"], *parts}
    for stray in set(keys) - named:
        yield gap(
            stray, "the snapshot's record does not name it; a run that was cut short may leave one"
        )


def _list_parts(lake: Lake, digest: str, said: dict[str, Any]) -> tuple[list[str], list[Any]]:
    key = said["rows_key"]
    if not re.fullmatch(rf"{_HOME}{digest}/rows-[0-9a-f]{{16}}\.(parquet|json)", key):
        raise ValueError(f"rows_key {key!r}")
    if key.endswith(".parquet"):
        return [key], []
    content = lake.read(key)
    return [part["key"] for part in json.loads(content)["parts"]], [_check_name(key, content)]


def _check_name(key: str, content: bytes) -> Any:
    named = key.rpartition("/rows-")[2].partition(".")[0]
    found = hashlib.sha256(content).hexdigest()[:16]
    return compare(f"{key}, its sha256", found, named, kind="files of snapshots")


def _check_identity(thing: str, digest: str, said: dict[str, Any], rows: pa.Table) -> Findings:
    """Yield whether the batch_id follows from the content, as far as the record says what it was made of."""
    months = ["", *sorted(set(rows["statement_month"].to_pylist()))]
    corrects = f" corrects {said['corrects']}" if said["corrects"] else ""
    source = said["source"]["sha256"]
    for month in months:
        for use in _USES:
            ending = f"{use}{corrects}"
            if (
                name_batch(source, said["schema_name"], said["schema_version"], month, ending)
                == digest
            ):
                yield hold("names of batches")
                return
    yield gap(f"{thing}, its name", "the lake does not say with which options the file was read")


def name_batch(
    sha256: str, schema: str, schema_version: str, month: str = "", ending: str = ""
) -> str:
    """Return the batch_id of a file that was read without options."""
    content = f"{sha256} {schema} {schema_version} {month}{ending}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _check_entry(record: Record, thing: str, digest: str, said: dict[str, Any]) -> Findings:
    entry = record.ingestions.get(digest)
    if entry is None:
        yield fault(thing, "no entry of the ledger", "the entry of its ingestion")
        return
    details = entry.read()
    for name, found in (
        ("input_sha256", said["source"]["sha256"]),
        ("schema", said["schema_name"]),
        ("schema_version", said["schema_version"]),
        ("corrects", said["corrects"] or ""),
        ("object_version", said["source"]["object_version"]),
    ):
        if found != details[name]:
            yield fault(f"{thing}, {name}", found, f"{details[name]}, as {entry.thing} has it")
    parts = details["accepted"] + details["quarantined"]
    parts += details.get("in the batch already") or 0
    yield compare(f"{entry.thing}, rows read", details["read"], parts, kind="rows read")
    missing = details["accepted"] - said["row_count"]
    if missing < 0 or (missing and not _erased_since(record, entry)):
        expected = f"{details['accepted']}, as {entry.thing} has it"
        yield fault(f"{thing}, rows", said["row_count"], expected)
    elif missing:
        yield gap(f"{thing}, rows", f"{missing} of {details['accepted']} rows were erased")
    else:
        yield hold("accepted rows of snapshots", said["row_count"])


def _erased_since(record: Record, entry: Entry) -> bool:
    return any(erasure.sequence > entry.sequence for erasure in record.erasures)
