import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Confusion
from credit_default.views.figures.calibration_figures import (
    draw_calibration,
    draw_score_distribution,
)
from credit_default.views.figures.decision_figures import draw_confusion, draw_cost_curve
from credit_default.views.figures.importance_figure import draw_importance
from credit_default.views.figures.ranking_figures import draw_precision_recall, draw_roc

POLICY = DecisionPolicy()
GENERATOR = np.random.default_rng(1)
PROBABILITY = GENERATOR.beta(1, 4, 500)
DEFAULTED = (GENERATOR.random(500) < PROBABILITY).astype(int)
SUBTITLE = "model 3 · simulated data · $5_000"

DRAWINGS = {
    "roc": lambda **text: draw_roc(DEFAULTED, PROBABILITY, **text),
    "precision_recall": lambda **text: draw_precision_recall(
        DEFAULTED, PROBABILITY, policy=POLICY, **text
    ),
    "calibration": lambda **text: draw_calibration(DEFAULTED, PROBABILITY, **text),
    "scores": lambda **text: draw_score_distribution(DEFAULTED, PROBABILITY, policy=POLICY, **text),
    "confusion": lambda **text: draw_confusion(
        Confusion(60, 40, 150, 250), threshold=1 / 6, **text
    ),
    "cost": lambda **text: draw_cost_curve(DEFAULTED, PROBABILITY, policy=POLICY, **text),
    "importance": lambda **text: draw_importance({"credit_limit": 0.6, "age": 0.4}, **text),
}


def read_texts(figure):
    (axes,) = figure.axes
    return {
        "title": figure.get_suptitle(),
        "subtitle": axes.get_title(loc="left"),
        "x_label": axes.get_xlabel(),
        "y_label": axes.get_ylabel(),
    }


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_every_figure_is_a_png_1200_pixels_wide_with_title_and_labels(draw):
    figure = draw(subtitle=SUBTITLE)
    file = io.BytesIO()

    figure.savefig(file, format="png")

    assert isinstance(figure, Figure)
    assert int.from_bytes(file.getvalue()[16:20], "big") == 1200
    texts = read_texts(figure)
    assert texts["title"]
    assert texts["x_label"]
    assert texts["subtitle"] == SUBTITLE


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_simulated_data_is_marked_in_another_colour(draw):
    simulated, real = draw(subtitle=SUBTITLE), draw(subtitle="model 3")

    colours = [figure.axes[0].title.get_color() for figure in (simulated, real)]
    left = [figure.axes[0]._left_title.get_color() for figure in (simulated, real)]
    assert colours[0] == colours[1]
    assert left[0] != left[1]
