import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Confusion
from credit_default.views.figures import model_figures

POLICY = DecisionPolicy()
GENERATOR = np.random.default_rng(1)
PROBABILITY = GENERATOR.beta(1, 4, 500)
DEFAULTED = (GENERATOR.random(500) < PROBABILITY).astype(int)
SUBTITLE = "model 3 · simulated data · $5_000"

DRAWINGS = {
    "roc": lambda **text: model_figures.draw_roc(DEFAULTED, PROBABILITY, **text),
    "precision_recall": lambda **text: model_figures.draw_precision_recall(
        DEFAULTED, PROBABILITY, policy=POLICY, **text
    ),
    "calibration": lambda **text: model_figures.draw_calibration(DEFAULTED, PROBABILITY, **text),
    "scores": lambda **text: model_figures.draw_score_distribution(
        DEFAULTED, PROBABILITY, policy=POLICY, **text
    ),
    "confusion": lambda **text: model_figures.draw_confusion(
        Confusion(60, 40, 150, 250), threshold=1 / 6, **text
    ),
    "cost": lambda **text: model_figures.draw_cost_curve(
        DEFAULTED, PROBABILITY, policy=POLICY, **text
    ),
    "importance": lambda **text: model_figures.draw_importance(
        {"credit_limit": 0.6, "age": 0.4}, **text
    ),
}


def read_texts(figure):
    (axes,) = figure.axes
    return {
        "title": figure.get_suptitle(),
        "subtitle": axes.get_title(loc="left"),
        "across": axes.get_xlabel(),
        "up": axes.get_ylabel(),
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
    assert texts["across"]
    assert texts["subtitle"] == SUBTITLE


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_simulated_data_is_marked_in_another_colour(draw):
    simulated, real = draw(subtitle=SUBTITLE), draw(subtitle="model 3")

    colours = [figure.axes[0].title.get_color() for figure in (simulated, real)]
    left = [figure.axes[0]._left_title.get_color() for figure in (simulated, real)]
    assert colours[0] == colours[1]
    assert left[0] != left[1]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("confusion", "At threshold 0.167, 62% of decisions prove right"),
        ("importance", "“credit limit” weighs most: 60% of the model"),
    ],
)
def test_the_title_says_what_was_found(name, title):
    assert read_texts(DRAWINGS[name]())["title"] == title


def test_the_roc_curve_runs_from_corner_to_corner_and_names_its_area():
    figure = model_figures.draw_roc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])

    assert "ROC AUC 0.875" in read_texts(figure)["title"]
    model = figure.axes[0].lines[-1]
    assert np.asarray(model.get_xydata()).tolist() == [
        [0.0, 0.0],
        [0.0, 0.5],
        [0.5, 1.0],
        [1.0, 1.0],
    ]


def test_the_cost_curve_ends_at_declining_all_and_nobody():
    figure = model_figures.draw_cost_curve([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], policy=POLICY)

    costs = np.asarray(figure.axes[0].lines[0].get_ydata())
    assert (costs[0], costs[-1]) == (750.0, 1250.0)


def test_precision_and_recall_stand_at_the_threshold_in_force():
    figure = model_figures.draw_precision_recall([0, 0, 1, 1], [0.1, 0.5, 0.6, 0.05], policy=POLICY)

    assert np.asarray(figure.axes[0].lines[-1].get_xydata()).tolist() == [[0.5, 0.5]]


def test_a_model_that_declines_nobody_can_be_drawn():
    figure = model_figures.draw_precision_recall([0, 1], [0.01, 0.02], policy=POLICY)

    assert read_texts(figure)["title"].startswith("Declining catches 0% of defaulters")


def test_a_calibrated_score_is_found_calibrated():
    generator = np.random.default_rng(7)
    probability = generator.uniform(0, 1, 20_000)
    defaulted = (generator.random(20_000) < probability).astype(int)

    honest = read_texts(model_figures.draw_calibration(defaulted, probability))["title"]
    inflated = read_texts(model_figures.draw_calibration(defaulted, probability**0.5))["title"]

    assert honest in {f"{count} of 10 groups default as often as predicted" for count in (8, 9, 10)}
    assert inflated in {f"{count} of 10 groups default as often as predicted" for count in (0, 1)}


def test_one_outcome_alone_is_not_drawn():
    with pytest.raises(InputError, match="same outcome"):
        model_figures.draw_roc([0, 0], [0.1, 0.2])
