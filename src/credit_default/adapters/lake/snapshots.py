"""Keep checked rows as snapshots: immutable, one folder for each digest.

A snapshot is a Parquet file with page checksums, which are verified when it is read, and `snapshot.json`, which says where
the rows came from. The rows are written first, under a name made from their content; writing the record, once, completes the
snapshot. So it appears whole or not at all, and writing the same digest again changes nothing.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from credit_default.adapters.files.sources import Source
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.lake.row_files import read_row_file, write_row_file
from credit_default.errors import ArtifactError, InputError
from credit_default.failpoints import hit_failpoint

_PREFIX, _RECORD = "snapshots/", "/snapshot.json"


@dataclass(frozen=True, slots=True)
class SnapshotOrigin:
    """Where the rows of a snapshot come from, and by which contract they were checked."""

    source: Source
    name: str  # what people call the batch
    schema_name: str
    schema_version: str
    data_origin: str  # "real" or "simulated"
    kept_at: dt.datetime  # UTC
    corrects: str | None = None  # the batch whose rejected rows it contains in corrected form


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The accepted rows of one file, `row_count` of them; the source's own count includes the rejected ones."""

    digest: str
    origin: SnapshotOrigin
    row_count: int
    rows_key: str
    lake: Lake = field(repr=False, compare=False)

    @property
    def source(self) -> Source:
        """Return the file that the rows came from."""
        return self.origin.source

    @property
    def uri(self) -> str:
        """Return the snapshot's address in the lake, as messages show it."""
        return f"{self.lake.uri}/{_PREFIX}{self.digest}"


def write_snapshot(
    lake: Lake, frames: Iterable[pl.DataFrame], *, digest: str, origin: SnapshotOrigin
) -> Snapshot:
    """Write the rows as the snapshot `digest`, unless it is there already: the frames are then not read.

    On an error nothing is left that a reader would take for a snapshot.

    Raises:
        InputError: The frames hold no row.
        ServiceError: The lake cannot be written to.
    """
    record_key = f"{_PREFIX}{check_hex(digest, 'digest')}{_RECORD}"
    if lake.storage.find_object(record_key) is None:
        with lake.scratch() as folder:
            path = folder / "rows.parquet"
            row_count = write_row_file(frames, path)
            rows_key = _store_rows(lake, path, digest)
        hit_failpoint("snapshot.rows-kept")
        lake.storage.create_object(record_key, _write_record(origin, row_count, rows_key))
        hit_failpoint("snapshot.recorded")
    return read_snapshot(lake, digest)


def read_snapshot(lake: Lake, digest: str) -> Snapshot:
    """Return the snapshot `digest`; its rows are read later, by `read_snapshot_rows`.

    Raises:
        InputError: There is none.
        ArtifactError: Its record cannot be read.
    """
    found = lake.storage.read_object(f"{_PREFIX}{check_hex(digest, 'digest')}{_RECORD}")
    if found is None:
        raise _build_missing_error(lake, digest)
    try:
        content = json.loads(found)
        rows_key = _check_rows_key(str(content["rows_key"]), digest)
        return Snapshot(digest, _read_origin(content), int(content["row_count"]), rows_key, lake)
    except (ValueError, TypeError, KeyError) as error:
        raise ArtifactError(
            f"snapshot {digest}",
            found=f"a record that can't be read ({error})",
            expected="snapshot.json as `ingest` writes it",
            remedy="Remove the folder and ingest the file again.",
        ) from error


def has_snapshot(lake: Lake, digest: str) -> bool:
    """Return whether there is a snapshot of this digest."""
    return lake.storage.find_object(f"{_PREFIX}{check_hex(digest, 'digest')}{_RECORD}") is not None


def list_snapshots(lake: Lake) -> tuple[Snapshot, ...]:
    """Return every snapshot in the lake, oldest first.

    Raises:
        ArtifactError: A record cannot be read.
    """
    found = (read_snapshot(lake, digest) for digest in _list_digests(lake))
    return tuple(sorted(found, key=lambda snapshot: (snapshot.origin.kept_at, snapshot.digest)))


def read_snapshot_rows(
    snapshot: Snapshot, *, batch_rows: int = 32_768, columns: tuple[str, ...] | None = None
) -> Iterator[pl.DataFrame]:
    """Yield the snapshot's rows in the order of its source, in frames of at most `batch_rows`; memory stays flat.

    Args:
        snapshot: The snapshot to read.
        batch_rows: The most rows in a frame.
        columns: The columns to read; all of them when None.

    Raises:
        ArtifactError: A checksum or the number of rows is not what was written, or the rows are gone.
    """
    row_count = 0
    with snapshot.lake.scratch() as folder:
        fetched = snapshot.lake.storage.fetch_object(snapshot.rows_key, folder)
        if fetched is None:
            raise _build_damage_error(snapshot, "no rows")
        try:
            for frame in read_row_file(fetched.path, batch_rows=batch_rows, columns=columns):
                row_count += frame.height
                yield frame
        except (OSError, pa.ArrowException) as error:
            raise _build_damage_error(snapshot, str(error)) from error
    if row_count != snapshot.row_count:
        raise _build_damage_error(snapshot, f"{row_count} rows")


def rewrite_snapshot(snapshot: Snapshot, frames: Iterable[pl.DataFrame]) -> Snapshot:
    """Replace the snapshot's rows and delete the old ones, so that a client can be forgotten; return the new snapshot.

    Its digest stays: it names the content that once came. A reader sees either the old rows or the new ones.
    """
    lake = snapshot.lake
    with lake.scratch() as folder:
        path = folder / "rows.parquet"
        row_count = write_row_file(frames, path, minimum_row_count=0)
        rows_key = _store_rows(lake, path, snapshot.digest)
    hit_failpoint("snapshot.rewritten")
    record = _write_record(snapshot.origin, row_count, rows_key)
    lake.storage.write_object(f"{_PREFIX}{snapshot.digest}{_RECORD}", record)
    hit_failpoint("snapshot.replaced")
    rewritten = read_snapshot(lake, snapshot.digest)
    delete_unreferenced_rows(rewritten)
    return rewritten


def delete_unreferenced_rows(snapshot: Snapshot) -> int:
    """Delete files of older rows that a crash left beside the snapshot's own, and return how many there were."""
    storage = snapshot.lake.storage
    prefix = f"{_PREFIX}{snapshot.digest}/rows-"
    strays = [
        stored.key for stored in storage.list_objects(prefix) if stored.key != snapshot.rows_key
    ]
    for key in strays:
        storage.delete_object(key)
    return len(strays)


def _list_digests(lake: Lake) -> Iterator[str]:
    keys = (stored.key for stored in lake.storage.list_objects(_PREFIX))
    return (
        key.removeprefix(_PREFIX).removesuffix(_RECORD) for key in keys if key.endswith(_RECORD)
    )


def _store_rows(lake: Lake, path: Path, digest: str) -> str:
    with path.open("rb") as file:
        key = f"{_PREFIX}{digest}/rows-{file_digest(file, 'sha256').hexdigest()[:16]}.parquet"
    lake.storage.create_object(key, path)
    return key


def _check_rows_key(key: str, digest: str) -> str:
    if not re.fullmatch(rf"{_PREFIX}{digest}/rows-[0-9a-f]{{16}}\.parquet", key):
        raise ValueError(f"rows_key {key[:80]!r}")
    return key


def _write_record(origin: SnapshotOrigin, row_count: int, rows_key: str) -> bytes:
    content = {
        **asdict(origin),
        "kept_at": origin.kept_at.isoformat(),
        "row_count": row_count,
        "rows_key": rows_key,
    }
    return json.dumps(content, indent=2).encode()


def _read_origin(content: dict[str, Any]) -> SnapshotOrigin:
    return SnapshotOrigin(
        source=Source(**content["source"]),
        name=content["name"],
        schema_name=content["schema_name"],
        schema_version=content["schema_version"],
        data_origin=content["data_origin"],
        kept_at=dt.datetime.fromisoformat(content["kept_at"]),
        corrects=content["corrects"],
    )


def _build_missing_error(lake: Lake, digest: str) -> InputError:
    count = sum(1 for _ in _list_digests(lake))
    return InputError(
        f"snapshot {digest}",
        found=f"{count} other snapshots" if count else "no snapshot",
        expected=f"one in {lake.uri}",
        remedy="Create it with `credit-default ingest`.",
    )


def _build_damage_error(snapshot: Snapshot, found: str) -> ArtifactError:
    return ArtifactError(
        f"snapshot {snapshot.digest}",
        found=found[:300],
        expected=f"{snapshot.row_count} rows with good checksums",
        remedy="The file was damaged or changed: remove the folder and ingest the source again.",
    )
