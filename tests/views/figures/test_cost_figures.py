import io
from dataclasses import replace

import numpy as np
import pytest

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.economics import EconomicsPolicy, measure_economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.threshold_search import LabelledScores
from credit_default.views.figures.cost_figures import draw_capacity, draw_cost_sensitivity

GENERATOR = np.random.default_rng(1)
PROBABILITY = GENERATOR.beta(1, 4, 800)
SCORES = LabelledScores((GENERATOR.random(800) < PROBABILITY).astype(int), PROBABILITY)
SUBTITLE = "model 3 · simulated data · $5_000"


def measure(scores=SCORES, **policy):
    return measure_economics(
        SCORES,
        scores,
        decision_policy=DecisionPolicy(),
        seed=1,
        policy=EconomicsPolicy(resample_count=40, **policy),
    )


def read_title(figure):
    return figure.get_suptitle().replace("\n", " ")


@pytest.mark.parametrize("draw", [draw_cost_sensitivity, draw_capacity])
def test_every_figure_is_a_png_1200_pixels_wide_with_title_and_labels(draw):
    figure = draw(measure(), subtitle=SUBTITLE)
    file = io.BytesIO()

    figure.savefig(file, format="png")

    assert int.from_bytes(file.getvalue()[16:20], "big") == 1200
    assert figure.get_suptitle()
    assert figure.axes[0].get_title(loc="left") == SUBTITLE
    assert figure.axes[0].get_xlabel()
    assert figure.axes[0].get_ylabel()


def test_bars_are_the_model_everybody_and_nobody_at_each_ratio():
    economics = measure(cost_ratios=(2.0, 5.0))

    figure = draw_cost_sensitivity(economics)

    heights = [round(bar.get_height(), 6) for bar in figure.axes[0].patches]
    points = economics.sensitivity
    assert heights == [
        *(round(point.cost_per_1000.value, 6) for point in points),
        *(round(point.decline_all_cost, 6) for point in points),
        *(round(point.decline_nobody_cost, 6) for point in points),
    ]
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels[1].startswith("5 : 1\ndeclined from 0.167: ")


def test_the_title_says_what_is_saved_at_least_and_at_most():
    costs = [(800.0, 1000.0, 2000.0), (900.0, 1000.0, 1500.0)]
    economics = measure(cost_ratios=(2.0, 5.0))
    points = tuple(
        replace(
            point,
            cost_per_1000=Metric(cost, cost, cost),
            decline_all_cost=all_cost,
            decline_nobody_cost=nobody_cost,
        )
        for point, (cost, all_cost, nobody_cost) in zip(economics.sensitivity, costs, strict=True)
    )

    told = [
        read_title(draw_cost_sensitivity(replace(economics, sensitivity=shown)))
        for shown in (points, points[:1], (replace(points[0], decline_all_cost=400.0), points[1]))
    ]

    assert told == [
        "Whatever a missed default costs, the model costs 10% to 20% less than declining all or nobody",
        "Whatever a missed default costs, the model costs 20% less than declining all or nobody",
        "Whatever a missed default costs, the model costs 100% more to 10% less than declining all or nobody",
    ]


def test_where_nobody_defaults_there_is_nothing_to_save():
    quiet = LabelledScores(np.zeros(20, dtype=int), np.full(20, 0.1))

    assert read_title(draw_cost_sensitivity(measure(quiet))).startswith("Nothing can be saved")
    assert read_title(draw_capacity(measure(quiet))).startswith(
        "The riskiest 5% hold 0% of defaulters"
    )


def test_capacity_shows_shares_and_clients():
    figure = draw_capacity(measure(capacity_shares=(0.1, 0.5)))

    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "10%\n80",
        "50%\n400",
    ]
    assert "of 800" in figure.axes[0].get_xlabel()
