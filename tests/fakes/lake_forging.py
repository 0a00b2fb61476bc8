"""How somebody spoils a lake: a bit, a file, a row, an entry; or, knowing the format, everything that has to agree with it."""

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from deltalake import write_deltalake
from verifier.model.bundles import _parse as parse_bundle
from verifier.reading.delta import open_table
from verifier.reading.lake import open_lake
from verifier.reading.ledger import Entry, read_entries

Rows = list[dict[str, Any]]


def flip(path: Path, place: float = 0.5) -> None:
    """One bit at that share of the file is another."""
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(bytes(content))


def flip_after(path: Path, mark: bytes) -> None:
    """One bit of the character behind the mark is another."""
    content = path.read_bytes()
    flip(path, (content.index(mark) + len(mark) + 1 / 2) / len(content))


def find(lake: Path, pattern: str) -> Path:
    """The last file of that pattern, which is there."""
    return max(lake.glob(pattern))


def edit_json(path: Path, edit: Callable[[Any], Any]) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def rewrite(lake: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """The table holds other rows, in a log of its own that is whole."""
    path = lake / "tables" / table
    rows = change(pl.read_delta(str(path)))
    shutil.rmtree(path)
    by = "statement_month" if "statement_month" in rows.columns else "month"
    write_deltalake(str(path), rows.to_arrow(), partition_by=[by])


def change_first(column: str, value: Any, **wanted: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The first row that is wanted has that value; one that is a function gets the old value."""

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        kept = rows.with_row_index("place")
        chosen = kept.filter(**wanted) if wanted else kept
        row = chosen.sort(pl.exclude("reasons", "rules")).row(0, named=True)
        new = value(row[column]) if callable(value) else value
        values = rows[column].to_list()
        values[row["place"]] = new
        return rows.with_columns(pl.Series(column, values, dtype=rows.schema[column]))

    return change


def forge_ledger(
    lake: Path, change: Callable[[Rows], Rows | None], *, chained: bool = True
) -> None:
    """The entries are others; `chained` numbers them and hashes them anew, as who knows the format would."""
    rows = pl.read_delta(str(lake / "tables" / "ledger")).sort("sequence").to_dicts()
    rows = change(rows) or rows
    if chained:
        _chain(rows)
    shutil.rmtree(lake / "tables" / "ledger")
    frame = pl.DataFrame(rows, infer_schema_length=None)
    write_deltalake(str(lake / "tables" / "ledger"), frame.to_arrow(), partition_by=["month"])


def _chain(rows: Rows) -> None:
    previous = "0" * 64
    for sequence, row in enumerate(rows, 1):
        row |= {"sequence": sequence, "previous_hash": previous}
        at = row["decided_at"].isoformat(timespec="microseconds")
        fields = {k: v for k, v in row.items() if k not in {"decided_at", "month", "entry_hash"}}
        entry = Entry(at=at, entry_hash="", month="", **fields)
        previous = row["entry_hash"] = entry.compute_hash()


def say(event: str, place: int = 0, **details: Any) -> Callable[[Rows], None]:
    """The details of the entry of that event say this; a function gets what they said."""

    def change(rows: Rows) -> None:
        row = [row for row in rows if row["event"] == event][place]
        said = json.loads(row["details"])
        for name, value in details.items():
            key = name.replace("__", " ")
            said[key] = value(said[key]) if callable(value) else value
        row["details"] = json.dumps(said, sort_keys=True, separators=(",", ":"))

    return change


def drop(event: str, place: int = 0) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        gone = [row for row in rows if row["event"] == event][place]
        return [row for row in rows if row is not gone]

    return change


def double(event: str, *, key: str | None = None) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        row = next(row for row in rows if row["event"] == event)
        return [*rows, {**row, "key": key or row["key"]}]

    return change


def rewrite_snapshot(
    lake: Path, batch: str, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """The snapshot has other rows, under the name and in the record that they would have."""
    folder = lake / "snapshots" / batch
    old = find(folder, "rows-*.parquet")
    buffer = BytesIO()
    rows = change(pl.read_parquet(old))
    pq.write_table(rows.to_arrow(), buffer, write_page_checksum=True)
    old.unlink()
    name = f"rows-{hashlib.sha256(buffer.getvalue()).hexdigest()[:16]}.parquet"
    (folder / name).write_bytes(buffer.getvalue())

    def record(content: Any) -> None:
        content |= {"rows_key": f"snapshots/{batch}/{name}", "row_count": rows.height}

    edit_json(folder / "snapshot.json", record)


def rewrite_bundle(
    lake: Path, change: Callable[[dict[str, bytes]], None] | None = None, **manifest: Any
) -> None:
    """Every copy of the champion's bundle is another, with the manifest, seals and pointer that agree with it."""
    digest = json.loads((lake / "champion" / "champion.json").read_text())["digest"]
    for path in [*lake.glob("champion/*/*/bundle.json"), *lake.glob("mlartifacts/**/bundle.json")]:
        said = json.loads(path.read_text())
        if said["digest"] == digest:
            files = {name: (path.parent / name).read_bytes() for name in said["files"]}
            if change is not None:
                change(files)
            for name, content in files.items():
                (path.parent / name).write_bytes(content)
                said["files"][name] = hashlib.sha256(content).hexdigest()
            path.write_text(json.dumps(said | manifest, indent=2))
            _seal(lake, path)


def _seal(lake: Path, manifest: Path) -> None:
    seal = hashlib.sha256(manifest.read_bytes()).hexdigest()
    beside = manifest.parent / "MLmodel"
    if beside.exists():
        lines = beside.read_text().splitlines()
        lines = [f"  seal: {seal}" if line.startswith("  seal: ") else line for line in lines]
        beside.write_text("\n".join(lines))
        change_registry(
            lake, "UPDATE model_version_tags SET value = ? WHERE key = 'seal' AND version = 1", seal
        )
    if "pinned" in manifest.parts:
        edit_json(lake / "champion" / "champion.json", lambda said: said.update(seal=seal))


def agree_on_digest(lake: Path) -> None:
    """Manifest, folders, pointer, registry and ledger name the champion by the digest that its bundle has now."""
    pinned = find(lake, "champion/pinned/*/bundle.json").parent
    old = pinned.name
    manifest = (pinned / "bundle.json").read_bytes()
    said = json.loads(manifest)
    files = {name: (pinned / name).read_bytes() for name in said["files"]}
    new = parse_bundle(said, manifest, files).compute_digest()
    rewrite_bundle(lake, digest=new)
    for path in lake.glob(f"champion/*/{old}"):
        path.rename(path.with_name(new))
    edit_json(lake / "champion" / "champion.json", lambda said: said.update(digest=new))
    for path in lake.glob("mlartifacts/**/MLmodel"):
        path.write_text(path.read_text().replace(old, new))
    change_registry(lake, "UPDATE model_version_tags SET value = ? WHERE value = ?", new, old)

    def rename(rows: Rows) -> None:
        for row in rows:
            row["details"] = row["details"].replace(old, new)

    forge_ledger(lake, rename)


def change_archive(name: str, edit: Callable[[Any], Any]) -> Callable[[dict[str, bytes]], None]:
    """The first array of the archive that has the field, or "" for the schema, is edited."""

    def change(files: dict[str, bytes]) -> None:
        with zipfile.ZipFile(BytesIO(files["pipeline.skops"])) as old:
            entries = {one: old.read(one) for one in old.namelist()}
        for one, content in sorted(entries.items()):
            if not one.endswith(".npy"):
                continue
            array = np.load(BytesIO(content))
            if name in (array.dtype.names or ()) or (
                name == "values" and array.shape[1:] == (1, 2)
            ):
                edit(array)
                buffer = BytesIO()
                np.save(buffer, array)
                entries[one] = buffer.getvalue()
                break
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as new:
            for one, content in entries.items():
                new.writestr(one, content)
        files["pipeline.skops"] = buffer.getvalue()

    return change


def change_parquet(
    name: str, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> Callable[[dict[str, bytes]], None]:
    def edit(files: dict[str, bytes]) -> None:
        buffer = BytesIO()
        change(pl.read_parquet(BytesIO(files[name]))).write_parquet(buffer)
        files[name] = buffer.getvalue()

    return edit


def change_registry(lake: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(lake / "mlflow.db")) as database, database:
        assert database.execute(statement, values).rowcount


def list_commits(lake: Path, table: str, *actions: str) -> list[Path]:
    """The table's commits with such an action, the newest first."""
    commits = sorted(lake.glob(f"tables/{table}/_delta_log/*.json"), reverse=True)
    wanted = tuple(f'{{"{action}"' for action in actions)
    return [
        p for p in commits if any(line.startswith(wanted) for line in p.read_text().splitlines())
    ]


def edit_log(lake: Path, table: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    """The first file that the table's last commit with one put in is edited in the log."""
    path = next(p for p in list_commits(lake, table, "add") if is_present(lake, table, p))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    edit(next(line["add"] for line in lines if "add" in line))
    path.write_text("\n".join(map(json.dumps, lines)))


def is_present(lake: Path, table: str, commit: Path) -> bool:
    """Whether the first file that the commit put in is there still."""
    lines = map(json.loads, commit.read_text().splitlines())
    added = next(line["add"]["path"] for line in lines if "add" in line)
    return added in open_table(open_lake(str(lake)), table).state.files


def flip_size(lake: Path, table: str) -> None:
    """One bit of a file's size in the log is another."""
    edit_log(lake, table, lambda added: added.update(size=added["size"] ^ 1))


def drop_commits(lake: Path, table: str, count: int = 1) -> None:
    """The last commits that changed the table's rows are gone, with those after them."""
    last = list_commits(lake, table, "add", "remove")[count - 1]
    for path in lake.glob(f"tables/{table}/_delta_log/*.json"):
        if path.name >= last.name:
            path.unlink()


def read_head(lake: Path) -> Entry:
    return read_entries(open_lake(str(lake)))[-1]
