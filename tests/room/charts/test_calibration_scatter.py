import pytest

from credit_default.room.charts.calibration_scatter import CalibrationPoint, draw_calibration

BAND = CalibrationPoint("band C", 0.2, 0.25, 0.22, 0.29, "2,036 clients")


def test_a_band_stands_at_its_expected_and_observed_share():
    observed, diagonal = draw_calibration("c", "Calibration", [BAND]).figure["data"]

    assert (observed["x"], observed["y"]) == ([0.2], [0.25])
    assert observed["error_y"]["array"] == pytest.approx([0.04])
    assert observed["error_y"]["arrayminus"] == pytest.approx([0.03])
    assert observed["customdata"] == [
        "band C: 20.0% expected, 25.0% observed (22.0% to 29.0%); 2,036 clients"
    ]
    assert diagonal["x"] == diagonal["y"]


def test_both_axes_reach_beyond_the_highest_interval():
    layout = draw_calibration("c", "Calibration", [BAND]).figure["layout"]

    assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
    assert layout["xaxis"]["range"][1] > BAND.high


def test_a_chart_without_points_is_a_chart():
    chart = draw_calibration("c", "Calibration", [])

    assert chart.rows == ()
    assert chart.figure["layout"]["xaxis"]["range"] == [0, 1]
