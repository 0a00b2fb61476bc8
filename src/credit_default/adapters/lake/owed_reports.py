"""Reports that are still to be drawn: one small file each, kept in the lake from the verdict until the page is there.

A file holds what the page says besides the rows, and no row of a client: those are read again when the page is drawn.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.errors import ArtifactError

_PREFIX: Final = "reports/owed/"


def write_owed_report(
    lake: Lake, content: Mapping[str, Any], *, batch_id: str, model_version: int
) -> None:
    """Put on record that the batch's report under that version is to be drawn, in place of what was on record before."""
    key = _build_key(batch_id, model_version)
    lake.storage.write_object(key, json.dumps(content, sort_keys=True).encode())


def list_owed_reports(lake: Lake) -> tuple[str, ...]:
    """Return the keys of the reports that are still to be drawn, in order."""
    return tuple(stored.key for stored in lake.storage.list_objects(_PREFIX))


def read_owed_report(lake: Lake, key: str) -> dict[str, Any] | None:
    """Return what is on record under the key; None where the report was drawn by now.

    Raises:
        ArtifactError: It is not a JSON object.
    """
    stored = lake.storage.read_object(key)
    try:
        return None if stored is None else dict(json.loads(stored))
    except (TypeError, ValueError) as error:
        raise build_order_error(key, str(error)) from error


def clear_owed_report(lake: Lake, key: str, *, drawn: Mapping[str, Any]) -> bool:
    """Take the report off the record, unless another one is to be drawn by now; return whether nothing is left to draw."""
    if read_owed_report(lake, key) not in (None, dict(drawn)):
        return False
    lake.storage.delete_object(key)
    return True


def build_order_error(key: str, found: str) -> ArtifactError:
    """Return the error of an owed report that cannot be read."""
    return ArtifactError(
        f"owed report {key}",
        found=found,
        expected="what `monitor` writes",
        remedy="Remove it, and monitor that batch again.",
    )


def _build_key(batch_id: str, model_version: int) -> str:
    return f"{_PREFIX}{check_hex(batch_id, 'batch_id')}-v{int(model_version)}.json"
