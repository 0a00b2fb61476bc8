"""A chart as a value: a Plotly figure in JSON, and the same figures as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its name in addresses, its title in words, Plotly's `data` and `layout`, and a table of the same figures."""

    name: str
    title: str
    figure: Mapping[str, Any]
    heading: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
