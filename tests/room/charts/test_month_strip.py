from credit_default.room.charts.month_strip import StripCell, draw_month_strip

CELLS = [
    StripCell("drift", "2005-11", "alarm", "the score moved"),
    StripCell("drift", "2005-10", "ok"),
    StripCell("feed", "2005-10", "not judged"),
]


def test_each_subject_is_a_row_and_each_month_a_column():
    figure = draw_month_strip("levels", "Levels", CELLS).figure

    assert [trace["name"] for trace in figure["data"]] == ["drift", "feed"]
    assert figure["layout"]["xaxis"]["categoryarray"] == ["2005-10", "2005-11"]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["feed", "drift"]


def test_a_level_is_told_by_its_form_as_well_as_its_colour():
    drift, feed = draw_month_strip("levels", "Levels", CELLS).figure["data"]

    assert drift["marker"]["symbol"] == ["x", "square"]
    assert drift["meta"]["levels"] == ["alarm", "ok"]
    assert feed["marker"]["symbol"] == ["square-open"]
    assert drift["customdata"][0] == "2005-11, drift: alarm; the score moved"


def test_no_chart_is_a_heat_map_whose_inline_style_the_policy_would_stop():
    figure = draw_month_strip("levels", "Levels", CELLS).figure

    assert {trace["type"] for trace in figure["data"]} == {"scatter"}
