"""Read a Delta table: which files its log says are present, and their rows.

The state of a table is that of its newest checkpoint, changed by the commits after it in order.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from verifier.findings import Findings, compare, fault, gap, hold
from verifier.reading.lake import Lake, parse_parquet

_COMMIT: Final = re.compile(r"(\d{20})\.json\Z")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet\Z")
_MOST_REPLAYED: Final = 1_000  # commits that are read twice, to compare a checkpoint with them


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with some of a table's rows, as the log describes it."""

    path: str
    size: int
    partition: Mapping[str, str]
    row_count: int | None
    lowest: Mapping[str, Any]
    highest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """The commits and checkpoints of a table's log, by version."""

    name: str
    commits: Mapping[int, str]
    checkpoints: Mapping[int, tuple[str, ...]]  # complete ones

    @property
    def last(self) -> int:
        """The newest version."""
        return max([*self.commits, *self.checkpoints])


@dataclass(frozen=True, slots=True)
class State:
    """The files that are present in a version of a table, and the newest version of each transaction."""

    files: Mapping[str, DataFile]
    transactions: Mapping[str, int]
    reader_version: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is now."""

    name: str
    log: Log
    state: State


def open_table(lake: Lake, name: str) -> Table | None:
    """Return the table as its newest version has it; None where the lake has no such table."""
    log = _read_log(lake, name)
    if log is None:
        return None
    begin = max(log.checkpoints, default=-1)
    actions = (
        _read_checkpoint(lake, log.checkpoints[begin]) if begin >= 0 else iter(())  # none yet
    )
    return Table(name, log, _replay([*actions, *_read_commits(lake, log, begin + 1)]))


def read_rows(lake: Lake, table: Table, columns: Iterable[str]) -> pa.Table:
    """Return the named columns of all rows, file by file in the order of their paths."""
    names = list(columns)
    parts = []
    for file in sorted(table.state.files.values(), key=lambda file: file.path):
        rows = lake.read_parquet(f"tables/{table.name}/{file.path}")
        for name, value in file.partition.items():
            if name not in rows.column_names:
                rows = rows.append_column(name, pa.array([value] * rows.num_rows, pa.string()))
        parts.append(make_plain(rows.select(names)))
    return pa.concat_tables(parts) if parts else pa.table({name: [] for name in names})


def check_table(lake: Lake, table: Table) -> Findings:
    """Yield whether the log is whole, and whether each present file is as the log describes it."""
    yield from _check_log(lake, table)
    for file in table.state.files.values():
        thing = f"table {table.name}, file {file.path}"
        size = lake.get_size(f"tables/{table.name}/{file.path}")
        if size is None:
            yield fault(thing, "no such file", f"{file.size} bytes, as the table's log says")
            continue
        yield compare(thing, f"{size} bytes", f"{file.size} bytes", kind="sizes of tables' files")
        rows = lake.read_parquet(f"tables/{table.name}/{file.path}")
        yield compare(thing, rows.num_rows, file.row_count, kind="row counts of tables' files")
        yield from _check_statistics(thing, file, rows)


def _check_log(lake: Lake, table: Table) -> Findings:
    log, thing = table.log, f"table {table.name}, its log"
    if table.state.reader_version != 1:
        yield fault(thing, f"reader version {table.state.reader_version}", "reader version 1")
    begin = min(log.commits, default=log.last)
    missing = [version for version in range(begin, log.last) if version not in log.commits]
    if missing or (begin > 0 and begin - 1 not in log.checkpoints and begin not in log.checkpoints):
        yield fault(
            thing, f"no commit {(missing or [begin - 1])[0]}", "every commit up to the last"
        )
    mark = f"tables/{table.name}/_delta_log/_last_checkpoint"
    if lake.get_size(mark) is not None:
        version = int(json.loads(lake.read(mark))["version"])
        if version not in log.checkpoints:
            yield fault(thing, f"no checkpoint {version}", "the one that _last_checkpoint names")
        if version > log.last:
            yield fault(thing, f"an end at version {log.last}", f"version {version} or later")
    newest = max(log.checkpoints, default=-1)
    if newest < 0 or begin > 0:
        yield hold("logs of tables")
        return
    if newest > _MOST_REPLAYED:
        yield gap(thing, f"its checkpoint {newest} was not compared with so many commits")
        return
    again = _replay(_read_commits(lake, log, 0, last=newest))
    stored = _replay(_read_checkpoint(lake, log.checkpoints[newest]))
    yield compare(
        f"{thing}, checkpoint {newest}", _describe(stored), _describe(again), kind="logs of tables"
    )


def _describe(state: State) -> list[Any]:
    files = [asdict(file) for _, file in sorted(state.files.items())]
    return [*files, dict(sorted(state.transactions.items()))]


def _check_statistics(thing: str, file: DataFile, rows: pa.Table) -> Findings:
    """Yield whether numbers have the smallest and the largest value that the log has of them."""
    for name, lowest in file.lowest.items():
        if name not in rows.column_names or not isinstance(lowest, int | float):
            continue
        found = pc.min_max(rows[name]).as_py()
        wanted = {"min": lowest, "max": file.highest.get(name, lowest)}
        if found == wanted:
            yield hold("ranges of tables' files")
        else:
            yield fault(f"{thing}, range of {name}", found, wanted)


def _read_log(lake: Lake, name: str) -> Log | None:
    commits: dict[int, str] = {}
    parts: dict[int, list[tuple[str, int]]] = {}
    for key in lake.list_keys(f"tables/{name}/_delta_log"):
        if found := _COMMIT.search(key):
            commits[int(found[1])] = key
        elif found := _CHECKPOINT.search(key):
            parts.setdefault(int(found[1]), []).append((key, int(found[2] or 1)))
    checkpoints = {
        version: tuple(key for key, _ in keys)
        for version, keys in parts.items()
        if len(keys) == keys[0][1]
    }
    return Log(name, commits, checkpoints) if commits or checkpoints else None


def _read_commits(
    lake: Lake, log: Log, first: int, *, last: int | None = None
) -> Iterator[dict[str, Any]]:
    for version in sorted(log.commits):
        if first <= version <= (log.last if last is None else last):
            for line in lake.read(log.commits[version]).decode().splitlines():
                if line.strip():
                    yield json.loads(line)


def _read_checkpoint(lake: Lake, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
    for key in keys:
        for row in parse_parquet(lake.read(key)).to_pylist():
            yield {name: value for name, value in row.items() if value is not None}


def _replay(actions: Iterable[Mapping[str, Any]]) -> State:
    files: dict[str, DataFile] = {}
    transactions: dict[str, int] = {}
    reader_version = 1
    for action in actions:
        if added := action.get("add"):
            file = _parse_file(added)
            files[file.path] = file
        elif removed := action.get("remove"):
            files.pop(unquote(removed["path"]), None)
        elif done := action.get("txn"):
            transactions[done["appId"]] = int(done["version"])
        elif protocol := action.get("protocol"):
            reader_version = int(protocol["minReaderVersion"])
    return State(files, transactions, reader_version)


def _parse_file(added: Mapping[str, Any]) -> DataFile:
    if added.get("deletionVector"):
        raise ValueError("a deletion vector, which no table of a lake has")
    statistics = json.loads(added.get("stats") or "{}")
    return DataFile(
        unquote(added["path"]),
        int(added["size"]),
        dict(added["partitionValues"]),
        statistics.get("numRecords"),
        statistics.get("minValues", {}),
        statistics.get("maxValues", {}),
    )


def make_plain(rows: pa.Table) -> pa.Table:
    """Return the rows with one type for all texts, so that files written by different engines join."""
    fields = [pa.field(item.name, _make_plain_type(item.type)) for item in rows.schema]
    return rows.cast(pa.schema(fields))


def _make_plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind):
        return pa.list_(_make_plain_type(kind.value_type))
    return kind
