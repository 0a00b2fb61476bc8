"""The record that completes a snapshot, `snapshot.json`: where its rows come from, how many they are, and where they are."""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from credit_default.adapters.files.sources import Source


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


def write_record(origin: SnapshotOrigin, row_count: int, rows_key: str) -> bytes:
    """Return the record of a snapshot: where its rows come from, how many they are, and where they are."""
    content = {
        **asdict(origin),
        "kept_at": origin.kept_at.isoformat(),
        "row_count": row_count,
        "rows_key": rows_key,
    }
    return json.dumps(content, indent=2).encode()


def read_origin(content: dict[str, Any]) -> SnapshotOrigin:
    """Return where the rows come from, as a record says it."""
    return SnapshotOrigin(
        source=Source(**content["source"]),
        name=content["name"],
        schema_name=content["schema_name"],
        schema_version=content["schema_version"],
        data_origin=content["data_origin"],
        kept_at=dt.datetime.fromisoformat(content["kept_at"]),
        corrects=content["corrects"],
    )
