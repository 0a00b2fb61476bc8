"""The page Performance: months beside each other, each chart's JSON, and the outcomes as they are known now."""

import logging

from starlette.responses import Response

from credit_default.errors import CreditDefaultError, InputError
from credit_default.room.access.roles import Role
from credit_default.room.charts.chart import Chart
from credit_default.room.charts.performance import (
    draw_group_ratios,
    draw_outcome_charts,
    draw_performance_charts,
    note_coverage,
)
from credit_default.room.serving.page_number import read_page_number
from credit_default.room.serving.rendering import render_json, render_page
from credit_default.room.serving.visit import PageRoute, Visit
from credit_default.services.batches.group_ratios import read_group_ratios
from credit_default.services.overview.matured_outcomes import MaturedOutcomes, read_matured_outcomes
from credit_default.services.overview.performance import PerformanceOverview, read_performance

_LOG = logging.getLogger(__name__)


def show_performance(visit: Visit) -> Response:
    """Return the page; what has to read scores comes after it, as a part of its own."""
    overview = _read(visit)
    outcomes = _read_outcomes(visit, overview) if visit.is_static else None
    charts = draw_performance_charts(overview)
    later = _draw_later_charts(visit, overview, outcomes) if outcomes else ()
    return render_page(
        visit,
        "performance.html",
        overview=overview,
        charts=charts,
        notes=note_coverage(charts, overview.coverage),
        outcome_charts=later,
        outcome_notes=note_coverage(later, outcomes.coverage if outcomes else ""),
    )


def show_outcomes(visit: Visit) -> Response:
    """Return the vintages and the calibration over all months, as a part of the page or a page of its own."""
    overview = _read(visit)
    outcomes = _read_outcomes(visit, overview)
    later = _draw_later_charts(visit, overview, outcomes)
    return render_page(
        visit,
        "performance_outcomes_part.html" if visit.is_fragment else "performance_outcomes.html",
        overview=overview,
        outcome_charts=later,
        outcome_notes=note_coverage(later, outcomes.coverage),
    )


def send_chart(visit: Visit) -> Response:
    """Return what a chart is drawn from, and its table."""
    overview = _read(visit)
    charts = draw_performance_charts(overview)
    name = visit.path["name"]
    if name not in {chart.name for chart in charts}:
        charts = _draw_later_charts(visit, overview, _read_outcomes(visit, overview))
    return render_json(_describe(_find_chart(charts, name)))


def _read(visit: Visit) -> PerformanceOverview:
    return read_performance(visit.wiring, number=read_page_number(visit))


def _read_outcomes(visit: Visit, overview: PerformanceOverview) -> MaturedOutcomes:
    return read_matured_outcomes(visit.wiring, overview.months, now=visit.now)


def _draw_later_charts(
    visit: Visit, overview: PerformanceOverview, outcomes: MaturedOutcomes
) -> tuple[Chart, ...]:
    """Return what is drawn of outcomes as they are now, and of the groups of the newest batch shown, where they can be read."""
    charts = draw_outcome_charts(outcomes)
    if not overview.batches:
        return charts
    newest = overview.batches[-1]
    try:
        groups = read_group_ratios(
            visit.wiring, newest.batch_id, model_version=newest.model_version
        )
    except CreditDefaultError as error:  # the page is whole without it
        _LOG.warning("no ratios by group batch_id=%s error=%s", newest.batch_id, error)
        return charts
    if not groups:
        return charts
    return (draw_group_ratios(newest, groups, lowest_ratio=overview.lowest_ratio), *charts)


def _find_chart(charts: tuple[Chart, ...], name: str) -> Chart:
    found = next((chart for chart in charts if chart.name == name), None)
    if found is None:
        raise InputError(
            "the chart",
            found=repr(name[:40]),
            expected="one of the charts of the page Performance",
            remedy="Follow the link JSON beside a chart.",
        )
    return found


def _describe(chart: Chart) -> dict[str, object]:
    return {
        "name": chart.name,
        "title": chart.title,
        **chart.figure,
        "table": {"heading": chart.heading, "rows": chart.rows},
    }


ROUTES = (
    PageRoute("/performance", "performance", show_performance, Role.VIEWER),
    PageRoute("/performance/outcomes", "performance outcomes", show_outcomes, Role.VIEWER),
    PageRoute("/performance/charts/{name}.json", "performance chart", send_chart, Role.VIEWER),
)
