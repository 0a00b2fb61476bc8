import pytest

from credit_default.room.charts.points import (
    Line,
    Point,
    build_error,
    format_value,
    keep_finite,
    list_labels,
    say_point,
)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_said_to_be_unknown(value):
    assert keep_finite(value) is None
    assert format_value(value, "share") == "not known"


@pytest.mark.parametrize(
    ("form", "written"), [("share", "12.3%"), ("figure", "0.123"), ("count", "0")]
)
def test_a_value_is_written_in_its_form(form, written):
    assert format_value(0.1234, form) == written


def test_a_sentence_has_the_place_the_name_the_value_and_the_note():
    said = say_point("sex", Point("2005-10", 0.9, note="test side: 0.950"), "figure")

    assert said == "2005-10, sex: 0.900; test side: 0.950"


def test_points_without_intervals_have_no_error_bars():
    assert build_error([Point("a", 1.0), Point("b", None, 0.0, 1.0)]) is None


def test_labels_of_several_lines_are_listed_once():
    lines = [Line("x", (Point("a", 1), Point("b", 2))), Line("y", (Point("b", 1), Point("c", 1)))]

    assert list_labels(lines) == ["a", "b", "c"]
