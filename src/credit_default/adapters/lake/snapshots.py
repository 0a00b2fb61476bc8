"""Keep checked rows as snapshots: immutable, one folder for each digest.

A snapshot is a Parquet file with page checksums, which are verified when it is read, or several of them (`snapshot_parts`),
and `snapshot.json`, which says where the rows came from. The rows are written first, under a name made from their content;
writing the record, once, completes the snapshot. So it appears whole or not at all, and writing it again changes nothing.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from credit_default.adapters.files.sources import Source
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.adapters.lake.row_files import read_row_file, write_row_file
from credit_default.adapters.lake.snapshot_parts import (
    RECORD,
    SNAPSHOTS,
    SnapshotPart,
    check_rows_key,
    read_part_list,
    store_part_list,
    store_rows,
)
from credit_default.adapters.lake.snapshot_record import SnapshotOrigin, read_origin, write_record
from credit_default.errors import ArtifactError, InputError
from credit_default.failpoints import hit_failpoint

_PREFIX, _RECORD = SNAPSHOTS, RECORD


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
    if not has_snapshot(lake, digest):
        with lake.scratch() as folder:
            path = folder / "rows.parquet"
            row_count = write_row_file(frames, path)
            rows_key = store_rows(lake.storage, path, digest)
        _complete_snapshot(lake, digest, write_record(origin, row_count, rows_key))
    return read_snapshot(lake, digest)


def write_snapshot_of_parts(
    lake: Lake, parts: Sequence[SnapshotPart], *, digest: str, origin: SnapshotOrigin
) -> Snapshot:
    """Make the snapshot `digest` of parts that are in the lake already, unless it is there already.

    Raises:
        ServiceError: The lake cannot be written to.
    """
    if not has_snapshot(lake, digest):
        rows_key = store_part_list(lake.storage, parts, digest)
        row_count = sum(part.row_count for part in parts)
        _complete_snapshot(lake, digest, write_record(origin, row_count, rows_key))
    return read_snapshot(lake, digest)


def _complete_snapshot(lake: Lake, digest: str, record: bytes) -> None:
    hit_failpoint("snapshot.rows-kept")
    lake.storage.create_object(f"{_PREFIX}{digest}{_RECORD}", record)
    hit_failpoint("snapshot.recorded")


def list_snapshot_parts(snapshot: Snapshot) -> tuple[SnapshotPart, ...]:
    """Return the files that hold the snapshot's rows, in the order of its source: one, or those that its list names.

    Raises:
        ArtifactError: The list is gone or damaged.
    """
    found = read_part_list(
        snapshot.lake.storage, snapshot.rows_key, snapshot.digest, row_count=snapshot.row_count
    )
    if found is None:
        raise _build_damage_error(snapshot, "no list of parts that can be read")
    return found


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
        rows_key = check_rows_key(str(content["rows_key"]), digest)
        return Snapshot(digest, read_origin(content), int(content["row_count"]), rows_key, lake)
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
    for part in list_snapshot_parts(snapshot):
        for frame in read_part_rows(snapshot, part, batch_rows=batch_rows, columns=columns):
            row_count += frame.height
            yield frame
    if row_count != snapshot.row_count:
        raise _build_damage_error(snapshot, f"{row_count} rows")


def read_part_rows(
    snapshot: Snapshot,
    part: SnapshotPart,
    *,
    batch_rows: int = 65_536,
    columns: tuple[str, ...] | None = None,
) -> Iterator[pl.DataFrame]:
    """Yield the rows of one of the snapshot's files, as `read_snapshot_rows` does those of all.

    Raises:
        ArtifactError: A checksum is not what was written, or the file is gone.
    """
    with snapshot.lake.scratch() as folder:
        fetched = snapshot.lake.storage.fetch_object(part.key, folder)
        if fetched is None:
            raise _build_damage_error(snapshot, "no rows")
        try:
            yield from read_row_file(fetched.path, batch_rows=batch_rows, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise _build_damage_error(snapshot, str(error)) from error


def rewrite_snapshot(snapshot: Snapshot, frames: Iterable[pl.DataFrame]) -> Snapshot:
    """Replace the snapshot's rows and delete the old ones, so that a client can be forgotten; return the new snapshot.

    Its digest stays: it names the content that once came. A reader sees either the old rows or the new ones.
    """
    lake = snapshot.lake
    with lake.scratch() as folder:
        path = folder / "rows.parquet"
        row_count = write_row_file(frames, path, minimum_row_count=0)
        rows_key = store_rows(lake.storage, path, snapshot.digest)
    hit_failpoint("snapshot.rewritten")
    record = write_record(snapshot.origin, row_count, rows_key)
    lake.storage.write_object(f"{_PREFIX}{snapshot.digest}{_RECORD}", record)
    hit_failpoint("snapshot.replaced")
    rewritten = read_snapshot(lake, snapshot.digest)
    delete_unreferenced_rows(rewritten)
    return rewritten


def delete_unreferenced_rows(snapshot: Snapshot) -> int:
    """Delete files of older rows that a crash left beside the snapshot's own, and return how many there were."""
    storage = snapshot.lake.storage
    prefix = f"{_PREFIX}{snapshot.digest}/rows-"
    own = {snapshot.rows_key, *(part.key for part in list_snapshot_parts(snapshot))}
    strays = [stored.key for stored in storage.list_objects(prefix) if stored.key not in own]
    for key in strays:
        storage.delete_object(key)
    return len(strays)


def _list_digests(lake: Lake) -> Iterator[str]:
    keys = (stored.key for stored in lake.storage.list_objects(_PREFIX))
    return (
        key.removeprefix(_PREFIX).removesuffix(_RECORD) for key in keys if key.endswith(_RECORD)
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
