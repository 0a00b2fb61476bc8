"""List the scored batches a page at a time, by month, version and light, and draw them up as a calendar by month."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake, check_month
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.errors import InputError
from credit_default.services.batches.batch_index import (
    LIGHTS,
    BatchKey,
    build_key,
    read_batch_index,
)
from credit_default.services.context.wiring import Wiring

PAGE_SIZE: Final = 50
_EXPECTED: Final = ("drift", "expected_default_share")
_REALISED: Final = ("performance", "default_share")


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """Which batches are asked for; what is empty or None asks for all."""

    month: str = ""  # YYYY-MM
    version: int | None = None
    light: str = ""  # one of LIGHTS


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of the table: the batch, what raised its light, and shares (0-1) of its clients; None where not known."""

    key: BatchKey
    raised: tuple[str, ...]
    expected_default_share: float | None
    default_share: float | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of the table, with the choices that the filters offer."""

    lines: tuple[BatchLine, ...]
    wanted: BatchFilter
    batch_count: int  # that the filter leaves
    number: int  # of the page, from 1
    page_count: int
    months: tuple[str, ...]
    versions: tuple[int, ...]
    lights: tuple[str, ...] = LIGHTS


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """The batches of one month that one version scored: how many, their rows, and the worst of their lights."""

    batch_count: int
    row_count: int
    light: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A year of batches: a row for each month, a column for each version.

    A month without a batch between others stands too, as it may be missing; before the first and after the last none does.
    """

    year: str  # YYYY; "" where nothing was scored yet
    years: tuple[str, ...]
    versions: tuple[int, ...]
    cells: Mapping[str, Mapping[int, CalendarCell]] = field(default_factory=dict)


def parse_filter(query: Mapping[str, str]) -> BatchFilter:
    """Return the filter that an address asks for.

    Raises:
        InputError: It names no month, version or light.
    """
    month, version, light = (query.get(name, "").strip() for name in ("month", "version", "light"))
    if light and light not in LIGHTS:
        raise InputError(
            "light",
            found=repr(light[:40]),
            expected=", ".join(LIGHTS),
            remedy="Choose one from the list.",
        )
    number = parse_number(version, thing="version") if version else None
    return BatchFilter(check_month(month) if month else "", number, light)


def parse_number(text: str, *, thing: str) -> int:
    """Return a whole number from 1 to 999,999 that came in an address.

    Raises:
        InputError: It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) > 0):  # noqa: PLR2004
        raise InputError(
            thing,
            found=repr(text[:40]),
            expected="a whole number",
            remedy="Choose one from the list.",
        )
    return int(text)


def list_batches(wiring: Wiring, wanted: BatchFilter, *, page: int = 1) -> BatchPage:
    """Return the page of that number, from 1, of the batches that the filter leaves, the newest month first.

    A page behind the last one is the last one.
    """
    index = read_batch_index(wiring.lake)
    left = _apply(index, wanted)
    page_count = max(1, -(-left.height // PAGE_SIZE))
    number = min(page, page_count)
    shown = left.slice((number - 1) * PAGE_SIZE, PAGE_SIZE)
    return BatchPage(
        _build_lines(wiring.lake, shown),
        wanted,
        left.height,
        number,
        page_count,
        tuple(index["statement_month"].unique().sort(descending=True)),
        tuple(index["model_version"].unique().sort(descending=True)),
    )


def build_calendar(wiring: Wiring, *, year: str = "") -> Calendar:
    """Return the calendar of that year, YYYY; of the newest one with a batch where it has none."""
    index = read_batch_index(wiring.lake)
    years = tuple(index["statement_month"].str.slice(0, 4).unique().sort(descending=True))
    if not years:
        return Calendar("", (), ())
    shown = year if year in years else years[0]
    own = index.filter(pl.col("statement_month").str.starts_with(shown))
    grouped = own.group_by("statement_month", "model_version").agg(
        count=pl.len(), row_count=pl.col("row_count").sum(), light=pl.col("light").min()
    )
    first, last = str(index["statement_month"].min()), str(index["statement_month"].max())
    months = (f"{shown}-{number:02d}" for number in range(12, 0, -1))
    cells: dict[str, dict[int, CalendarCell]] = {
        month: {} for month in months if first <= month <= last
    }
    for month, version, count, row_count, light in grouped.iter_rows():
        cells[month][version] = CalendarCell(count, row_count, light)
    return Calendar(shown, years, tuple(own["model_version"].unique().sort()), cells)


def _apply(index: pl.DataFrame, wanted: BatchFilter) -> pl.DataFrame:
    given = {
        "statement_month": wanted.month or None,
        "model_version": wanted.version,
        "light": wanted.light or None,
    }
    return index.filter(**{name: value for name, value in given.items() if value is not None})


def _build_lines(lake: Lake, shown: pl.DataFrame) -> tuple[BatchLine, ...]:
    figures = _read_figures(lake, shown)
    lines = []
    for row in shown.iter_rows(named=True):
        key = build_key(row)
        own = (key.batch_id, key.model_version)
        lines.append(
            BatchLine(
                key,
                tuple(row["raised"]),
                figures.get((*own, _EXPECTED[0]), {}).get(_EXPECTED[1]),
                figures.get((*own, _REALISED[0]), {}).get(_REALISED[1]),
            )
        )
    return tuple(lines)


def _read_figures(
    lake: Lake, shown: pl.DataFrame
) -> Mapping[tuple[str, int, str], Mapping[str, float]]:
    """Return the figures of the two gates that the table shows, of these batches only."""
    is_shown = (
        pl.col("statement_month").is_in(shown["statement_month"].unique().to_list())
        & pl.col("batch_id").is_in(shown["batch_id"].unique().to_list())
        & pl.col("gate").is_in([_EXPECTED[0], _REALISED[0]])
    )
    found = collect_rows(
        lake,
        scan_table(lake, "monitoring")
        .filter(is_shown)
        .select("batch_id", "model_version", "gate", "figures"),
    )
    return {
        (batch_id, version, gate): json.loads(figures)
        for batch_id, version, gate, figures in found.iter_rows()
    }
