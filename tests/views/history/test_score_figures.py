from dataclasses import replace

from matplotlib.text import Text
from tests.fakes.histories import make_batch, make_history, make_profile

from credit_default.views.figures.canvas import render_png
from credit_default.views.history.score_figures import draw_drift, draw_scores


def test_drift_title_says_what_was_found():
    title = draw_drift(make_history(), subtitle="").get_suptitle().replace("\n", " ")

    assert title == "2 of 3 columns exceeded their limit; payment amount m1 drifted most"


def test_scores_title_says_between_which_medians():
    assert (
        draw_scores(make_history(), subtitle="").get_suptitle().startswith("The median score lay")
    )


def test_hostile_names_are_no_mathematics():
    batch = make_batch(0, profile=make_profile(0.0, columns=("$\\frac{", "<script>", "a_b^c")))
    history = replace(make_history(1), batches=(batch,))

    figure = draw_drift(history, subtitle="")

    assert render_png(figure).startswith(b"\x89PNG")
    assert "$\\frac{" in [text.get_text() for text in figure.findobj(Text)]
