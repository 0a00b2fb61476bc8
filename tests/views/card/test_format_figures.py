import math

import pytest

from credit_default.model.evaluation.intervals import Metric
from credit_default.views.card.format_figures import (
    format_amount,
    format_difference,
    format_interval,
    format_metric,
    format_moment,
    format_score,
    format_share,
    format_share_metric,
)


@pytest.mark.parametrize(
    ("render", "number", "text"),
    [
        (format_share, 0.2234, "22.3%"),
        (format_score, 0.79421, "0.7942"),
        (format_difference, 0.0116, "+0.0116"),
        (format_difference, -0.0116, "-0.0116"),
        (format_amount, 40_769_008.4, "40,769,008"),
    ],
)
def test_figure_is_written_in_the_form_of_its_kind(render, number, text):
    assert render(number) == text


@pytest.mark.parametrize("render", [format_share, format_score, format_difference, format_amount])
@pytest.mark.parametrize("absent", [None, math.nan, math.inf])
def test_figure_that_is_absent_is_a_dash(render, absent):
    assert render(absent) == "–"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("recall", "73.9% (64.6% to 82.1%)"),
        ("roc_auc", "0.7390 (0.6460 to 0.8210)"),
        ("cost_per_1000", "1 (1 to 1)"),
    ],
)
def test_metric_has_its_interval_in_the_same_form(name, text):
    assert format_metric(name, Metric(0.739, 0.646, 0.821)) == text


def test_interval_without_an_end_is_a_dash():
    assert format_interval(0.1, 0.2) == "0.1000 to 0.2000"
    assert format_interval(None, 0.2) == "–"
    assert format_interval(0.1, math.nan) == "–"


def test_metric_that_was_not_measured_is_a_dash():
    assert format_share_metric(Metric(0.5, 0.4, 0.6)) == "50.0%"
    assert format_share_metric(None) == "–"


def test_moment_is_told_to_the_minute_in_utc_and_what_is_none_to_the_letter():
    assert format_moment("2005-12-02T09:30:59.123456+00:00") == "2005-12-02 09:30 UTC"
    assert format_moment("2005-12-02T09:30:59+02:00") == "2005-12-02 07:30 UTC"
    assert format_moment("yesterday") == "yesterday"
    assert format_moment("") == "–"
