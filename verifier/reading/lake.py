"""Read the objects of a lake, in a folder or in a bucket, by key; nothing is ever written to it.

The only module that reads the environment: for a bucket, the address of its server and its region.
"""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

_S3: Final = "s3://"
_LAKE_FOLDERS: Final = ("tables/", "snapshots/")


class NotALakeError(Exception):
    """The address names nothing that docs/format.md describes."""


@dataclass(frozen=True)
class Lake:
    """A lake's files by key, such as `snapshots/0123456789abcdef/snapshot.json`."""

    address: str
    files: fs.FileSystem = field(repr=False)

    def list_keys(self, prefix: str) -> list[str]:
        """Return the keys below a folder, in order; none where there is no such folder."""
        selector = fs.FileSelector(prefix.rstrip("/"), recursive=True, allow_not_found=True)
        found = self.files.get_file_info(selector)
        return sorted(info.path for info in found if info.type == fs.FileType.File)

    def get_size(self, key: str) -> int | None:
        """Return the object's size in bytes; None where there is none."""
        info = self.files.get_file_info(key)
        return int(info.size) if info.type == fs.FileType.File else None

    def read(self, key: str) -> bytes:
        """Return the object's content.

        Raises:
            OSError: There is no such object.
        """
        with self.files.open_input_stream(key) as stream:
            return bytes(stream.read())

    def read_parquet(self, key: str) -> pa.Table:
        """Return the rows of a Parquet file; pages that have a checksum must match it."""
        return parse_parquet(self.read(key))

    @cached_property
    def registry(self) -> Path | None:
        """Where the registry's SQLite file is; None where the lake holds none."""
        if self.address.startswith(_S3):
            return None
        path = Path(self.address) / "mlflow.db"
        return path if path.is_file() else None


def parse_parquet(content: bytes) -> pa.Table:
    """Return the rows of a Parquet file's content."""
    with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
        return file.read()


def open_lake(address: str) -> Lake:
    """Return the lake at this path or `s3://bucket/prefix`.

    Raises:
        NotALakeError: Nothing is there, or it has neither tables nor snapshots.
    """
    if not address:
        raise NotALakeError("found no LAKE, expected a folder or s3://bucket/prefix")
    try:
        lake = _open(address)
        known = any(lake.list_keys(folder) for folder in _LAKE_FOLDERS)
    except OSError as error:
        raise NotALakeError(f"{address}: {error}") from error
    if not known:
        raise NotALakeError(f"{address}: found neither tables/ nor snapshots/, expected a lake")
    return lake


def _open(address: str) -> Lake:
    if not address.startswith(_S3):
        path = Path(address).expanduser().resolve()
        if not path.is_dir():
            raise NotALakeError(f"{address}: found no such folder, expected a lake")
        return Lake(str(path), fs.SubTreeFileSystem(str(path), fs.LocalFileSystem()))
    given: dict[str, Any] = {}
    environment = os.environ  # noqa: TID251 - the verifier shares no settings with the system
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        given["endpoint_override"] = endpoint
    given["region"] = environment.get("AWS_REGION") or environment.get(
        "AWS_DEFAULT_REGION", "us-east-1"
    )
    root = address.removeprefix(_S3).rstrip("/")
    return Lake(address.rstrip("/"), fs.SubTreeFileSystem(root, fs.S3FileSystem(**given)))
