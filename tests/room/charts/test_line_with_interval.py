from credit_default.room.charts.line_with_interval import draw_lines
from credit_default.room.charts.points import Line, Point

MONTHS = ("2005-10", "2005-11", "2005-12")
ESTIMATE = Line("estimate", tuple(Point(m, 0.2, 0.1, 0.4) for m in MONTHS))
OBSERVED = Line(
    "observed",
    (Point("2005-10", 0.25, 0.2, 0.28, "97% known"), Point("2005-11", None), Point("2005-12", 0.3)),
    "truth",
)


def draw(*lines, **options):
    return draw_lines("share", "Share of defaults", lines, form="share", **options)


def test_a_line_has_its_values_and_error_bars_to_both_ends():
    (trace,) = draw(OBSERVED).figure["data"]

    assert trace["x"] == list(MONTHS)
    assert trace["y"] == [0.25, None, 0.3]
    assert trace["error_y"]["symmetric"] is False
    assert [round(v, 9) if v else v for v in trace["error_y"]["array"]] == [0.03, None, None]
    assert [round(v, 9) if v else v for v in trace["error_y"]["arrayminus"]] == [0.05, None, None]
    assert trace["meta"] == {"role": "truth"}


def test_each_point_is_a_sentence_for_the_pointer_and_for_a_voice():
    (trace,) = draw(OBSERVED).figure["data"]

    assert trace["customdata"] == [
        "2005-10, observed: 25.0% (20.0% to 28.0%); 97% known",
        "2005-11, observed: not known",
        "2005-12, observed: 30.0%",
    ]


def test_a_band_is_an_area_that_no_key_reaches_and_takes_the_place_of_bars():
    band, line = draw(ESTIMATE, bands=("estimate",)).figure["data"]

    assert (band["fill"], band["hoverinfo"], band["showlegend"]) == ("toself", "skip", False)
    assert band["x"] == [*MONTHS, *reversed(MONTHS)]
    assert band["y"] == [0.4] * 3 + [0.1] * 3
    assert "error_y" not in line


def test_a_band_has_a_gap_where_nothing_was_estimated():
    gap = Line("estimate", (ESTIMATE.points[0], Point("2005-11", None), ESTIMATE.points[2]))

    band, _ = draw(gap, bands=("estimate",)).figure["data"]

    assert band["x"] == ["2005-10", "2005-10", None, "2005-12", "2005-12"]
    assert band["y"] == [0.4, 0.1, None, 0.4, 0.1]


def test_a_limit_is_dashed_without_markers():
    (limit,) = draw(Line("floor", (Point("2005-10", 0.7),), "limit")).figure["data"]

    assert (limit["mode"], limit["line"]) == ("lines", {"dash": "dash"})


def test_months_are_names_in_their_order_and_a_change_stands_before_its_month():
    layout = draw(ESTIMATE, changes=("2005-12", "1999-01")).figure["layout"]

    assert layout["xaxis"]["type"] == "category"
    assert layout["xaxis"]["categoryarray"] == list(MONTHS)
    assert [(s["x0"], s["x1"]) for s in layout["shapes"]] == [(1.5, 1.5)]


def test_the_table_has_every_point_of_every_line():
    chart = draw(ESTIMATE, OBSERVED)

    assert chart.heading == ("month", "line", "value", "interval", "note")
    assert len(chart.rows) == 6
    assert chart.rows[3] == ("2005-10", "observed", "25.0%", "20.0% to 28.0%", "97% known")
    assert chart.rows[4] == ("2005-11", "observed", "not known", "", "")


def test_the_figure_names_no_colour_so_that_the_page_chooses():
    assert "color" not in repr(draw(ESTIMATE, OBSERVED, bands=("estimate",)).figure)
