import numpy as np

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Confusion
from credit_default.views.figures.decision_figures import draw_confusion, draw_cost_curve

POLICY = DecisionPolicy()


def test_the_title_says_how_many_decisions_are_right():
    figure = draw_confusion(Confusion(60, 40, 150, 250), threshold=1 / 6)

    assert figure.get_suptitle() == "At threshold 0.167, 62% of decisions prove right"


def test_the_cost_curve_ends_at_declining_all_and_nobody():
    figure = draw_cost_curve([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], policy=POLICY)

    costs = np.asarray(figure.axes[0].lines[0].get_ydata())
    assert (costs[0], costs[-1]) == (750.0, 1250.0)
