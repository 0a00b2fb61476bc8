"""Snapshots: checked rows at rest, immutable, one folder a digest.

A snapshot is Parquet with page checksums, which are verified at reading, beside `snapshot.json`, which says where the rows
came from. It appears whole or not at all; the same digest twice is one snapshot.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from credit_default.adapters.files import Source
from credit_default.adapters.lake import Lake, check_hex
from credit_default.adapters.staging import disk_errors, staged_folder
from credit_default.errors import ArtifactError, InputError

_ROWS, _RECORD = "rows.parquet", "snapshot.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Checked rows at rest: where they are, where they came from, by which contract they were checked."""

    digest: str
    folder: Path
    source: Source
    row_count: int  # accepted rows; the source's own count includes the rejected ones
    schema_name: str
    schema_version: str
    data_origin: str  # "real" or "simulated"


def write_snapshot(
    lake: Lake,
    frames: Iterable[pl.DataFrame],
    *,
    digest: str,
    source: Source,
    schema_name: str,
    schema_version: str,
    data_origin: str,
) -> Snapshot:
    """The snapshot under `digest`, written from the frames unless it is there already (then they are not read).

    Raises `InputError` when the frames hold no row, `ServiceError` when the disk refuses; either way nothing is left.
    """
    target = lake.snapshots / check_hex(digest, "digest")
    if not target.is_dir():
        with staged_folder(target) as folder:
            row_count = _write_rows(frames, folder / _ROWS)
            snapshot = Snapshot(digest, target, source, row_count, schema_name, schema_version, data_origin)
            content = {key: value for key, value in asdict(snapshot).items() if key != "folder"}
            with disk_errors(folder):
                (folder / _RECORD).write_text(json.dumps(content, indent=2), encoding="utf-8")
    return read_snapshot(lake, digest)


def read_snapshot(lake: Lake, digest: str) -> Snapshot:
    """The snapshot under `digest`, its rows still unread.

    Raises `InputError` when there is none, `ArtifactError` when its record is not one that we wrote.
    """
    folder = lake.snapshots / check_hex(digest, "digest")
    if not folder.is_dir():
        known = sorted(p.name[:12] for p in lake.snapshots.glob("[0-9a-f]*")) if lake.snapshots.is_dir() else []
        raise InputError(
            f"snapshot {digest}",
            found=f"{len(known)} other snapshots" if known else "no snapshot",
            expected=f"a folder {folder}",
            remedy="Make it with `credit-default ingest`.",
        )
    try:
        content = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return Snapshot(**{**content, "digest": digest, "folder": folder, "source": Source(**content["source"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(
            f"snapshot {digest}",
            found=f"a record that can't be read ({error})",
            expected=f"{_RECORD} as `ingest` writes it",
            remedy="Remove the folder and ingest the file again.",
        ) from error


def list_snapshots(lake: Lake) -> tuple[Snapshot, ...]:
    """Every snapshot in the lake, by digest, their rows unread. Raises `ArtifactError` at a damaged record."""
    if not lake.snapshots.is_dir():
        return ()
    folders = sorted(path for path in lake.snapshots.iterdir() if not path.name.startswith("."))
    return tuple(read_snapshot(lake, folder.name) for folder in folders)


def read_rows(snapshot: Snapshot, *, batch_rows: int = 65_536) -> Iterator[pl.DataFrame]:
    """The snapshot's checked rows in the order of its source, in frames of at most `batch_rows`; memory stays flat.

    Raises `ArtifactError` when a page's checksum or the number of rows is not what was written.
    """
    row_count = 0
    try:
        with pq.ParquetFile(snapshot.folder / _ROWS, pre_buffer=False, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=batch_rows):
                row_count += batch.num_rows
                yield pl.DataFrame(pa.Table.from_batches([batch]))
    except (OSError, pa.ArrowException) as error:
        raise _damaged(snapshot, str(error)) from error
    if row_count != snapshot.row_count:
        raise _damaged(snapshot, f"{row_count} rows")


def _write_rows(frames: Iterable[pl.DataFrame], path: Path) -> int:
    row_count, writer = 0, None
    try:
        for frame in frames:
            table = frame.to_arrow()
            with disk_errors(path):
                writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", write_page_checksum=True)
                writer.write_table(table.cast(writer.schema))
            row_count += frame.height
    finally:
        if writer is not None:
            with disk_errors(path):
                writer.close()
    if row_count == 0:
        raise InputError(
            "snapshot", found="no accepted row", expected="at least one", remedy="See which rules the rows broke."
        )
    return row_count


def _damaged(snapshot: Snapshot, found: str) -> ArtifactError:
    return ArtifactError(
        f"snapshot {snapshot.digest}",
        found=found[:300],
        expected=f"{snapshot.row_count} rows with good checksums",
        remedy="The file was damaged or changed: remove the folder and ingest the source again.",
    )
