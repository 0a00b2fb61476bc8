"""What Delta's log keeps of a Parquet file's columns, by which readers leave out files without the rows they look for."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final

_MILLISECOND: Final = dt.timedelta(milliseconds=1)


def collect_statistics(metadata: Any, indexed: Collection[str]) -> Mapping[str, Any]:
    """Return the smallest and largest value and the count of nulls of each indexed column.

    Args:
        metadata: The file's, as PyArrow reads it.
        indexed: The names of the columns.
    """
    lowest: dict[str, Any] = {}
    highest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            name, found = column.path_in_schema, column.statistics
            if name not in indexed or found is None:
                continue
            nulls[name] = nulls.get(name, 0) + int(found.null_count or 0)
            if found.has_min_max:
                lowest[name] = min(lowest.get(name, found.min), found.min)
                highest[name] = max(highest.get(name, found.max), found.max)
    return {
        "numRecords": metadata.num_rows,
        "minValues": {name: _write_value(value) for name, value in lowest.items()},
        "maxValues": {
            name: _write_value(value + _MILLISECOND if isinstance(value, dt.datetime) else value)
            for name, value in highest.items()
        },
        "nullCount": nulls,
    }


def _write_value(value: Any) -> Any:
    """Return the value as Delta's log has it: times to the millisecond."""
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC).replace(tzinfo=None)
        return f"{utc.isoformat(timespec='milliseconds')}Z"
    return value
