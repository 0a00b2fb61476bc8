"""Read what a Delta table's log says of its data files, without reading one of them.

The log keeps the number of rows of each file, and the smallest and largest value of the columns that are indexed. Where a
file holds one value only, the log tells it.
"""

from dataclasses import dataclass

import polars as pl

from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.table import LakeTable, find_delta_table


@dataclass(frozen=True, slots=True)
class TableState:
    """Which state of a table one has seen: another table of that name, or another version of it, is another state."""

    table_id: str = ""  # "" where nothing was ever written
    version: int = -1


def find_table_state(table: LakeTable) -> TableState:
    """Return the table's present state: what was made of its rows holds for as long as it is the same.

    Raises:
        ServiceError: The table cannot be opened.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return TableState()
        return TableState(str(delta.metadata().id), int(delta.version()))


def list_data_files(table: LakeTable, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return one row for each data file of the table's present version.

    Its columns are `path`, `partition`, the value by which the files are kept apart, `row_count` (null where the log does
    not say), and for each of `columns` `<name>_low` and `<name>_high` (null where the log does not say).

    Raises:
        ServiceError: The table cannot be opened.
    """
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        if delta is None:
            return pl.DataFrame(
                schema={"path": pl.String, "partition": pl.String, "row_count": pl.Int64}
                | {f"{name}_{end}": pl.Null for name in columns for end in ("low", "high")}
            )
        found = pl.DataFrame(delta.get_add_actions(flatten=True))
    renamed = {"path": "path"}
    renamed |= {f"partition.{table.partition_by}": "partition", "num_records": "row_count"}
    for name in columns:
        renamed |= {f"min.{name}": f"{name}_low", f"max.{name}": f"{name}_high"}
    return found.select(
        (pl.col(old) if old in found.columns else pl.lit(None)).alias(new)
        for old, new in renamed.items()
    )
