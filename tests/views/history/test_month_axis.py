from dataclasses import replace

import pytest
from matplotlib.text import Text
from tests.fakes.histories import make_batch, make_history

from credit_default.views.figures.canvas import render_png
from credit_default.views.history.outcome_figures import draw_defaults, draw_performance
from credit_default.views.history.score_figures import draw_drift, draw_scores
from credit_default.views.history.timeline_figure import draw_timeline

DRAW = (draw_timeline, draw_scores, draw_drift, draw_defaults, draw_performance)


def read_texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.parametrize("draw", DRAW)
def test_every_month_is_named_beneath(draw):
    assert {"2006-01", "2007-06"} <= set(
        read_texts(draw(make_history(), subtitle="simulated data"))
    )


@pytest.mark.parametrize("draw", DRAW)
def test_a_batch_of_which_nothing_is_known_is_drawn(draw):
    history = replace(make_history(1), batches=(make_batch(0, known=False, profile={}),), alarms=())

    assert render_png(draw(history, subtitle="")).startswith(b"\x89PNG")


def test_of_many_batches_every_nth_is_named():
    texts = read_texts(draw_timeline(make_history(60), subtitle=""))

    assert {"2006-01", "2006-04"} <= set(texts)
    assert "2006-02" not in texts
