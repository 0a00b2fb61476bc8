import json

from credit_default.room.charts.contest_gains import draw_gains
from credit_default.services.overview.version_gains import ContestGain

GAINS = [
    ContestGain("log loss", "rows", 0.44, 0.43, 0.01, -0.002, 0.022, 0.0005),
    ContestGain("cost per 1,000", "rows", 500.0, 490.0, 10.0, -5.0, 25.0, 5.0),
    ContestGain("log loss", "test side", 0.45, 0.45, 0.0, -0.01, 0.01, 0.0005),
]


def test_gains_of_every_unit_stand_on_one_axis_where_one_is_the_least_that_counts():
    chart = draw_gains("contest", "The contest", GAINS)

    test_side, rows = chart.figure["data"]
    assert (rows["name"], rows["x"], rows["y"]) == (
        "rows",
        [20.0, 2.0],
        ["log loss", "cost per 1,000"],
    )
    assert [round(end, 6) for end in rows["error_x"]["array"]] == [24.0, 3.0]
    assert [round(end, 6) for end in rows["error_x"]["arrayminus"]] == [24.0, 3.0]
    assert test_side["name"] == "test side"
    assert [line["x0"] for line in chart.figure["layout"]["shapes"]] == [0, 1]
    assert json.loads(json.dumps(chart.figure)) == chart.figure


def test_the_table_has_the_figures_in_their_own_units():
    chart = draw_gains("contest", "The contest", GAINS)

    assert chart.rows[0] == (
        "log loss",
        "rows",
        "0.4400",
        "0.4300",
        "+0.0100",
        "-0.0020 to +0.0220",
        "0.0005",
    )
    assert chart.rows[1][2:5] == ("500.0", "490.0", "+10.0")
    assert len(chart.heading) == len(chart.rows[0])
