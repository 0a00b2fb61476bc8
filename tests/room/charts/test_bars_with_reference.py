from credit_default.room.charts.bars_with_reference import draw_bars
from credit_default.room.charts.points import Line, Point

BATCH = Line("batch", (Point("0 to 10", 0.4), Point("above", 0.6)))
REFERENCE = Line("reference", (Point("0 to 10", 0.5), Point("above", 0.5)), "reference")


def test_a_batch_s_bars_stand_beside_those_of_its_reference():
    chart = draw_bars("age", "age", [BATCH, REFERENCE], form="share", label="age")

    batch, reference = chart.figure["data"]
    assert (batch["type"], batch["y"], batch["meta"]) == ("bar", [0.4, 0.6], {"role": "model"})
    assert (reference["type"], reference["y"]) == ("bar", [0.5, 0.5])
    assert chart.figure["layout"]["barmode"] == "group"
    assert chart.figure["layout"]["yaxis"]["rangemode"] == "tozero"
    assert chart.heading[0] == "age"
    assert chart.rows[2] == ("0 to 10", "reference", "50.0%", "", "")


def test_a_limit_among_bars_is_a_dashed_line():
    limit = Line("limit", (Point("0 to 10", 0.7), Point("above", 0.7)), "limit")

    _, line = draw_bars("age", "age", [BATCH, limit], form="share").figure["data"]

    assert (line["type"], line["line"]) == ("scatter", {"dash": "dash"})
