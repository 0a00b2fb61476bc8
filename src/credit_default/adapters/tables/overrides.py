"""The table of overrides: one row each time a person decides otherwise about a client, never changed afterwards."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import OVERRIDES, locate_table
from credit_default.gates.governance.override import Override


def write_override(lake: Lake, override: Override) -> None:
    """Put in the override's row; a row that is there already is left as it is."""
    create_rows(
        locate_table(lake, "overrides"),
        lambda: [pl.DataFrame([asdict(override)]).select(OVERRIDES.names)],
        key=f"override {override.compute_digest()}",
        predicate=f"salt = '{override.salt}'",
    )


def read_overrides(
    lake: Lake, *, batch_id: str | None = None, client_id: str | None = None
) -> tuple[Override, ...]:
    """Return the overrides of a batch or client, or of all (None), by the time at which they were decided."""
    given = {"batch_id": batch_id, "client_id": client_id}
    wanted = {name: value for name, value in given.items() if value is not None}
    rows = query_rows(
        locate_table(lake, "overrides"),
        lambda table: (table.filter(**wanted) if wanted else table).sort("decided_at", "salt"),
    )
    return tuple(map(_from_row, rows.iter_rows(named=True)))


def _from_row(row: Mapping[str, Any]) -> Override:
    return Override(**{name: row[name] for name in OVERRIDES.names})
