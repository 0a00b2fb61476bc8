import numpy as np

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.views.figures.ranking_figures import draw_precision_recall, draw_roc

POLICY = DecisionPolicy()


def test_the_roc_curve_runs_from_corner_to_corner_and_names_its_area():
    figure = draw_roc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])

    assert "ROC AUC 0.875" in figure.get_suptitle()
    model = figure.axes[0].lines[-1]
    assert np.asarray(model.get_xydata()).tolist() == [
        [0.0, 0.0],
        [0.0, 0.5],
        [0.5, 1.0],
        [1.0, 1.0],
    ]


def test_precision_and_recall_stand_at_the_threshold_in_force():
    figure = draw_precision_recall([0, 0, 1, 1], [0.1, 0.5, 0.6, 0.05], policy=POLICY)

    assert np.asarray(figure.axes[0].lines[-1].get_xydata()).tolist() == [[0.5, 0.5]]


def test_a_model_that_declines_nobody_can_be_drawn():
    figure = draw_precision_recall([0, 1], [0.01, 0.02], policy=POLICY)

    assert figure.get_suptitle().startswith("No client is declined")
