from dataclasses import replace

import pytest
from matplotlib.text import Text
from tests.fakes.histories import make_batch, make_history, make_profile

from credit_default.views.figures.canvas import write_png
from credit_default.views.history.figures import (
    draw_defaults,
    draw_drift,
    draw_performance,
    draw_scores,
    draw_timeline,
)

DRAW = (draw_timeline, draw_scores, draw_drift, draw_defaults, draw_performance)


def read_texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize(
    ("draw", "title"),
    [
        (draw_timeline, "2 alarms opened; version 2 scores since 2006-10"),
        (draw_drift, "2 of 3 columns went beyond their limit; payment amount m1 moved most"),
        (draw_defaults, "More defaults came than chance explains in 3 of 16 batches"),
        (draw_performance, "The ranking was below its floor in 3 of 16 batches"),
    ],
)
def test_title_says_what_was_found(draw, title):
    assert title in " ".join(read_texts(draw(make_history(), subtitle=""))).replace("\n", " ")


@pytest.mark.parametrize("draw", DRAW)
def test_every_month_is_named_beneath(draw):
    assert {"2006-01", "2007-06"} <= set(
        read_texts(draw(make_history(), subtitle="simulated data"))
    )


@pytest.mark.parametrize("draw", DRAW)
def test_a_batch_of_which_nothing_is_known_is_drawn(draw):
    history = replace(
        make_history(1), batches=(make_batch(0, known=False, profile={}),), alarms=(), seats=()
    )

    assert write_png(draw(history, subtitle="")).startswith(b"\x89PNG")


def test_hostile_names_are_no_mathematics():
    batch = make_batch(0, profile=make_profile(0.0, columns=("$\\frac{", "<script>", "a_b^c")))
    history = replace(make_history(1), batches=(batch,))

    figure = draw_drift(history, subtitle="")

    assert write_png(figure).startswith(b"\x89PNG")
    assert "$\\frac{" in read_texts(figure)


def test_of_many_batches_every_nth_is_named():
    texts = read_texts(draw_timeline(make_history(60), subtitle=""))

    assert {"2006-01", "2006-04"} <= set(texts)
    assert "2006-02" not in texts
