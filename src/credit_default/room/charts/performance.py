"""The charts of the page Performance, each from what the services read."""

from collections.abc import Callable, Iterable
from typing import Final

from credit_default.model.evaluation.intervals import Metric
from credit_default.room.charts.bars_with_reference import draw_bars
from credit_default.room.charts.calibration_scatter import CalibrationPoint, draw_calibration
from credit_default.room.charts.chart import Chart
from credit_default.room.charts.line_with_interval import draw_lines
from credit_default.room.charts.month_strip import StripCell, draw_month_strip
from credit_default.room.charts.paired_intervals import draw_paired_intervals
from credit_default.room.charts.points import GROUP_ROLES, Line, Point, Role
from credit_default.services.batches.group_ratios import GroupAcceptanceNow
from credit_default.services.overview.matured_outcomes import MaturedOutcomes
from credit_default.services.overview.performance import BatchPerformance, PerformanceOverview
from credit_default.views.history.vintage_tables import VintageRow

_ESTIMATED: Final = "estimated from the scores, before outcomes"
_OBSERVED: Final = "observed, with its 95 % interval"
_ALARM_LINE: Final = "alarm line"
_WITHOUT_OUTCOMES: Final = frozenset({"levels", "fairness", "volume", "group-ratios"})


def note_coverage(charts: Iterable[Chart], coverage: str) -> dict[str, str]:
    """Return, by the names of the charts that outcomes are in, how many outcomes are complete."""
    return {chart.name: coverage for chart in charts if chart.name not in _WITHOUT_OUTCOMES}


def draw_performance_charts(overview: PerformanceOverview) -> tuple[Chart, ...]:
    """Return the charts that the monitors' findings are enough for."""
    charts = (_draw_levels, _draw_ranking, _draw_default_share, _draw_error, _draw_calibration)
    return tuple(draw(overview) for draw in (*charts, _draw_fairness, _draw_volume))


def draw_outcome_charts(outcomes: MaturedOutcomes) -> tuple[Chart, ...]:
    """Return the charts that need outcomes as they are known now."""
    return (_draw_vintages(outcomes), _draw_band_calibration(outcomes))


def draw_group_ratios(
    batch: BatchPerformance, groups: Iterable[GroupAcceptanceNow], *, lowest_ratio: float
) -> Chart:
    """Return the acceptance ratio of each group of one batch, beside the limit."""
    points = [
        Point(
            group.label,
            group.ratio,
            group.low,
            group.high,
            f"{group.reference_ratio:.3f} on the model's test side",
        )
        for group in groups
    ]
    return draw_paired_intervals(
        "group-ratios",
        f"Fairness of {batch.label}: how often each group is accepted beside the most accepted one of its attribute, "
        "with the 95 % interval",
        points,
        form="figure",
        axis="acceptance ratio; dotted: the limit",
        series="acceptance ratio",
        mark=lowest_ratio,
        heading=("group", "ratio"),
    )


def _draw_levels(overview: PerformanceOverview) -> Chart:
    cells = [
        StripCell(gate, batch.label, level, batch.reasons.get(gate, ""))
        for batch in overview.batches
        for gate, level in batch.levels.items()
    ]
    return draw_month_strip("levels", "What each gate found", cells)


def _draw_ranking(overview: PerformanceOverview) -> Chart:
    lines = (
        _build_line(overview, _ESTIMATED, lambda batch: batch.estimated_roc_auc),
        _build_line(overview, _OBSERVED, lambda batch: batch.roc_auc, role="truth"),
        _build_line(overview, "floor", lambda batch: _exactly(batch.roc_auc_floor), role="limit"),
    )
    return draw_lines(
        "ranking",
        "ROC AUC: estimated, and observed once outcomes were known",
        lines,
        form="figure",
        bands=(_ESTIMATED,),
        changes=overview.changes,
    )


def _draw_default_share(overview: PerformanceOverview) -> Chart:
    lines = (
        _build_line(overview, _ESTIMATED, lambda batch: batch.estimated_default_share),
        _build_line(overview, _OBSERVED, lambda batch: batch.observed_default_share, role="truth"),
    )
    return draw_lines(
        "default-share",
        "Share of clients who default: estimated, and observed",
        lines,
        form="share",
        bands=(_ESTIMATED,),
        changes=overview.changes,
    )


def _draw_error(overview: PerformanceOverview) -> Chart:
    def limit(batch: BatchPerformance, sign: int) -> Metric | None:
        allowed = batch.calibration_allowance
        return None if allowed is None else _exactly(sign * allowed)

    lines = (
        _build_line(
            overview,
            "defaults above the expected ones",
            lambda batch: _exactly(batch.calibration_error),
            role="truth",
        ),
        _build_line(overview, _ALARM_LINE, lambda batch: limit(batch, 1), role="limit"),
        _build_line(overview, f"{_ALARM_LINE} below", lambda batch: limit(batch, -1), role="limit"),
    )
    return draw_lines(
        "calibration-error",
        "Calibration by month: defaults above or below what was expected",
        lines,
        form="share",
        changes=overview.changes,
    )


def _draw_calibration(overview: PerformanceOverview) -> Chart:
    points = [
        CalibrationPoint(
            batch.label,
            batch.mean_probability,
            batch.observed_default_share.value,
            batch.observed_default_share.low,
            batch.observed_default_share.high,
            batch.coverage,
        )
        for batch in overview.batches
        if batch.mean_probability is not None and batch.observed_default_share is not None
    ]
    return draw_calibration("calibration", "Calibration: each month against the diagonal", points)


def _draw_fairness(overview: PerformanceOverview) -> Chart:
    names = dict.fromkeys(ratio.attribute for batch in overview.batches for ratio in batch.ratios)
    lines = [
        Line(name, tuple(_list_ratio_points(overview, name)), GROUP_ROLES[place % len(GROUP_ROLES)])
        for place, name in enumerate(names)
    ]
    limit = tuple(Point(batch.label, overview.lowest_ratio) for batch in overview.batches)
    return draw_lines(
        "fairness",
        "Fairness: the lowest acceptance ratio among the groups of each attribute. Below the limit "
        "it is an alarm only where it fell beyond noise",
        [*lines, Line("limit", limit, "limit")],
        form="figure",
        changes=overview.changes,
    )


def _list_ratio_points(overview: PerformanceOverview, name: str) -> Iterable[Point]:
    for batch in overview.batches:
        found = next((ratio for ratio in batch.ratios if ratio.attribute == name), None)
        if found is None:
            yield Point(batch.label, None)
        else:
            note = f"the same group on the model's test side: {found.reference_ratio:.3f}"
            yield Point(batch.label, found.ratio, note=note)


def _draw_volume(overview: PerformanceOverview) -> Chart:
    points = tuple(
        Point(batch.label, batch.row_count, note=batch.coverage) for batch in overview.batches
    )
    return draw_bars("volume", "Scored clients", (Line("scored clients", points),), form="count")


def _draw_vintages(outcomes: MaturedOutcomes) -> Chart:
    versions = sorted({row.model_version for row in outcomes.vintages})
    lines = []
    for place, version in enumerate(versions):
        own = [row for row in outcomes.vintages if row.model_version == version]
        role = GROUP_ROLES[place % len(GROUP_ROLES)]
        lines.append(Line(f"version {version}", tuple(map(_build_vintage_point, own)), role))
    return draw_lines(
        "vintages",
        "Vintages: share of each month's clients who defaulted, by the version that scored them",
        lines,
        form="share",
    )


def _build_vintage_point(row: VintageRow) -> Point:
    known = f"{row.coverage_share:.0%} of the outcomes known, {row.state}"
    if row.figures is None:
        return Point(row.statement_month, None, note=known)
    share = row.figures.default_share
    note = f"{row.figures.expected_share:.1%} expected; {known}"
    return Point(row.statement_month, share.value, share.low, share.high, note)


def _draw_band_calibration(outcomes: MaturedOutcomes) -> Chart:
    points = [
        CalibrationPoint(
            f"band {band.risk_band}",
            band.expected_share,
            band.observed_share.value,
            band.observed_share.low,
            band.observed_share.high,
            f"{band.known_count:,} clients",
        )
        for band in outcomes.bands
    ]
    return draw_calibration(
        "band-calibration", "Calibration in all: each risk band over all complete months", points
    )


def _build_line(
    overview: PerformanceOverview,
    name: str,
    read: Callable[[BatchPerformance], Metric | None],
    *,
    role: Role = "model",
) -> Line:
    return Line(name, tuple(_build_point(b, read(b), role) for b in overview.batches), role)


def _build_point(batch: BatchPerformance, metric: Metric | None, role: Role) -> Point:
    note = batch.coverage if role == "truth" else ""
    if metric is None:
        return Point(batch.label, None, note=note)
    if metric.low == metric.high:
        return Point(batch.label, metric.value, note=note)
    return Point(batch.label, metric.value, metric.low, metric.high, note)


def _exactly(value: float | None) -> Metric | None:
    """Return a value that has no interval."""
    return None if value is None else Metric(value, value, value)
