"""Keep what was made of tables for as long as the tables stay as they are, so that a page is not read anew for each visit."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, Final, TypeVar

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.batch_commits import find_table_states

_MOST: Final = 32  # values at a time, of all lakes together
Value = TypeVar("Value")


@dataclass(slots=True)
class _Slot:
    lock: Lock = field(default_factory=Lock)
    values: list[Any] = field(default_factory=list)  # the value, once it was made


def keep_value(
    make: Callable[[], Value], *, name: str, lake: Lake, tables: tuple[str, ...], key: Hashable = ()
) -> Value:
    """Return what `make` returns, made once for each state of these tables; others wait meanwhile.

    Args:
        make: Makes the value, which nobody may change.
        name: What the value is called.
        lake: Where the tables are.
        tables: The tables that the value follows from.
        key: What else it follows from.
    """
    slot = _find_slot(name, lake.uri, find_table_states(lake, tables), key)
    with slot.lock:
        if not slot.values:
            slot.values.append(make())
        value: Value = slot.values[0]
        return value


@lru_cache(maxsize=_MOST)
def _find_slot(*_key: Hashable) -> _Slot:
    return _Slot()
