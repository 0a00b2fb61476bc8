"""The charts of a client's page: the score month by month, and what each subject adds to it."""

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.line_with_interval import draw_lines
from credit_default.room.charts.paired_intervals import draw_paired_intervals
from credit_default.room.charts.points import Form, Line, Point
from credit_default.services.overview.client_detail import ClientDetail
from credit_default.views.terminal.explanation import ClientExplanation


def draw_client_charts(detail: ClientDetail) -> tuple[Chart, ...]:
    """Return what can be drawn: the history where there are several months, contributions where the score is explained."""
    charts = [_draw_history(detail)] if len({m.statement_month for m in detail.history}) > 1 else []
    if detail.explanation is not None:
        charts.append(_draw_contributions(detail.explanation))
    return tuple(charts)


def _draw_history(detail: ClientDetail) -> Chart:
    versions = sorted({month.model_version for month in detail.history})
    several = len(versions) > 1
    points = tuple(
        Point(
            f"{month.statement_month} v{month.model_version}" if several else month.statement_month,
            month.default_probability,
            note=f"{month.decision_in_force}, band {month.risk_band}, {month.outcome}",
        )
        for month in detail.history
    )
    lines = [Line("default probability", points)]
    if detail.explanation is not None:
        limit = tuple(Point(point.label, detail.explanation.threshold) for point in points)
        lines.append(Line("threshold of the version shown", limit, "limit"))
    return draw_lines("history", "Default probability by month", lines, form="share")


def _draw_contributions(explained: ClientExplanation) -> Chart:
    form: Form = "share" if explained.scale == "probability" else "figure"
    return draw_paired_intervals(
        "contributions",
        "What each subject adds, from the average accepted client",
        [Point(part.subject, part.added) for part in explained.contributions],
        form=form,
        axis=f"added to the {'probability' if form == 'share' else 'log odds'}",
        series="adds",
    )
