"""Render the comparison of two versions for the terminal: who changes side, and how both turned out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType

from credit_default.model.comparison.swap_set import SwapGroup
from credit_default.model.comparison.version_difference import (
    DIFFERENCE_NAMES,
    Difference,
    Level,
)
from credit_default.model.evaluation.intervals import Metric
from credit_default.views.summaries.summary import render_text
from credit_default.views.tables.fitted_table import Column, FittedTable


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions on the rows that both scored.

    Attributes:
        first: The first version's number.
        second: The second version's number.
        thresholds: Where the first and the second begin to decline, 0-1.
        batch_count: Batches that both scored.
        row_count: Clients and months that both scored, by their last batch.
        months: Their statement months (YYYY-MM), in order.
        later_months: Those after the last month that either version learned from.
        incomplete: Months whose outcomes do not count yet, with the share that is known.
        learned_count: Rows that were left out because one of the versions learned from them.
        swap_set: The four groups, those that change side first.
        known_count: Rows whose outcome counts.
        differences: The second version's gains on these rows; empty where there are none.
        levels: Calibration in the large of both; None where no outcome counts.
    """

    first: int
    second: int
    thresholds: tuple[float, float]
    batch_count: int
    row_count: int
    months: tuple[str, ...]
    later_months: tuple[str, ...]
    incomplete: Mapping[str, float]
    learned_count: int
    swap_set: tuple[SwapGroup, ...]
    known_count: int
    differences: Mapping[str, Difference]
    levels: tuple[Level, Level] | None


def render_comparison(found: VersionComparison) -> RenderableType:
    """Return the swap set and, where outcomes count, the differences as tables."""
    tables: list[RenderableType] = [_render_swap_set(found)]
    if found.levels is not None:
        tables += ["", _render_differences(found, found.levels)]
    return Group(*tables)


def list_comparison_figures(found: VersionComparison) -> dict[str, float]:
    """Return every figure of the comparison by name, as `--json` shows them."""
    figures: dict[str, float] = {}
    for group in found.swap_set:
        name = name_group(group, found)
        figures |= {
            f"{name}, rows": float(group.row_count),
            f"{name}, share": group.share,
            f"{name}, outcomes known": float(group.known_count),
            f"{name}, defaults": float(group.default_count),
        }
        if group.default_share is not None:
            figures |= _list_metric(f"{name}, default share", group.default_share)
    for name, difference in found.differences.items():
        label = DIFFERENCE_NAMES[name]
        figures |= {
            f"{label}, version {found.first}": difference.first,
            f"{label}, version {found.second}": difference.second,
            f"{label}, gain": difference.gain,
            f"{label}, gain, low": difference.low,
            f"{label}, gain, high": difference.high,
        }
    versions = (found.first, found.second)
    for version, level in zip(versions, found.levels or (), strict=False):
        figures |= {
            f"expected default share, version {version}": level.expected_share,
            "observed default share": level.observed_share,
            **_list_metric(f"observed minus expected, version {version}", level.gap),
        }
    return figures


def _list_metric(name: str, metric: Metric) -> dict[str, float]:
    return {name: metric.value, f"{name}, low": metric.low, f"{name}, high": metric.high}


def name_group(group: SwapGroup, found: VersionComparison) -> str:
    """Return which version declines these clients and which accepts them, in words."""
    if not group.changes_side:
        return "declined by both" if group.declined_by_first else "accepted by both"
    declining, accepting = (
        (found.first, found.second) if group.declined_by_first else (found.second, found.first)
    )
    return f"declined by v{declining}, accepted by v{accepting}"


def _render_swap_set(found: VersionComparison) -> FittedTable:
    figures = ("rows", "share", "known", "defaulted (95 %)")
    table = _open_table("clients", figures)
    for group in found.swap_set:
        share = group.default_share
        defaulted = (
            "–" if share is None else f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"
        )
        table.add_row(
            render_text(name_group(group, found), style="bold" if group.changes_side else ""),
            f"{group.row_count:,}",
            f"{group.share:.1%}",
            f"{group.known_count:,}",
            defaulted,
        )
    return table


def _render_differences(found: VersionComparison, levels: tuple[Level, Level]) -> FittedTable:
    figures = (f"v{found.first}", f"v{found.second}", f"gain of v{found.second} (95 %)")
    table = _open_table("measure", figures)
    for row in _list_difference_rows(found.differences, levels):
        table.add_row(*row)
    return table


def _open_table(name: str, figures: Sequence[str]) -> FittedTable:
    columns = (Column(name), *(Column(figure, is_figure=True) for figure in figures))
    return FittedTable(columns, gap=1)


def _list_difference_rows(
    differences: Mapping[str, Difference], levels: tuple[Level, Level]
) -> Iterator[tuple[str, str, str, str]]:
    for name, found in differences.items():
        digits = 1 if name == "cost_per_1000" else 4
        low, high = f"{found.low:+.{digits}f}", f"{found.high:+.{digits}f}"
        gain = f"{found.gain:+.{digits}f} ({low} to {high})"
        first, second = f"{found.first:,.{digits}f}", f"{found.second:,.{digits}f}"
        yield DIFFERENCE_NAMES[name], first, second, gain
    first_level, second_level = levels
    shares = (first_level.expected_share, second_level.expected_share)
    observed = f"observed: {first_level.observed_share:.1%}"
    yield "expected defaults", f"{shares[0]:.1%}", f"{shares[1]:.1%}", observed
    gaps = (first_level.gap, second_level.gap)
    ends = "; ".join(f"{gap.low:+.1%} to {gap.high:+.1%}" for gap in gaps)
    yield "observed − expected", f"{gaps[0].value:+.1%}", f"{gaps[1].value:+.1%}", ends
