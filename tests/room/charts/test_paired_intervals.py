from credit_default.room.charts.paired_intervals import draw_paired_intervals
from credit_default.room.charts.points import Point

POINTS = [Point("ROC AUC", 0.002, -0.001, 0.005), Point("log loss", -0.01, -0.02, -0.004)]


def draw(points):
    said = {"form": "figure", "axis": "challenger better", "series": "difference"}
    return draw_paired_intervals("pairs", "Challenger against champion", points, **said)


def test_differences_stand_one_below_the_other_in_the_order_given():
    figure = draw(POINTS).figure

    (trace,) = figure["data"]
    assert (trace["x"], trace["y"]) == ([0.002, -0.01], ["ROC AUC", "log loss"])
    assert figure["layout"]["yaxis"]["categoryarray"] == ["log loss", "ROC AUC"]  # from below
    assert [round(v, 6) for v in trace["error_x"]["arrayminus"]] == [0.003, 0.01]


def test_zero_is_marked_over_the_whole_height():
    (zero,) = draw(POINTS).figure["layout"]["shapes"]

    assert (zero["x0"], zero["x1"], zero["yref"]) == (0, 0, "paper")


def test_every_row_has_room():
    heights = [draw(POINTS * n).figure["layout"]["height"] for n in (1, 5)]

    assert heights[1] - heights[0] == 8 * 34


def test_differences_without_intervals_have_no_bars():
    (trace,) = draw([Point("The credit limit", 0.01)]).figure["data"]

    assert "error_x" not in trace
