"""Every figure of an evaluation and of an economic one on fixed rows, as it stood when each was checked."""

import numpy as np
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.economics import EconomicsPolicy, measure_economics
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.threshold_search import LabelledScores

COSTS = DecisionPolicy(missed_default_cost=6.0, false_alarm_cost=2.0)


def draw_rows(count=180, *, seed=91):
    generator = np.random.default_rng(seed)
    odds = generator.normal(-0.8, 1.2, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    probability = np.round(1 / (1 + np.exp(-odds - 0.4 * generator.normal(size=count))), 2)
    return defaulted, probability, generator.integers(0, 100, count)


def evaluate_rows(*, named):
    defaulted, probability, clients = draw_rows()
    return evaluate(
        defaulted,
        probability,
        policy=COSTS,
        seed=7,
        resample_count=40,
        clients=clients if named else None,
    )


def measure_costs():
    development = LabelledScores(*draw_rows(seed=92)[:2])
    defaulted, probability, clients = draw_rows()
    return measure_economics(
        development,
        LabelledScores(defaulted, probability, clients),
        decision_policy=COSTS,
        seed=7,
        policy=EconomicsPolicy(
            cost_ratios=(2.0,), capacity_shares=(0.3,), capacity_counts=(20,), resample_count=40
        ),
    )


CASES = {
    "independent": lambda: evaluate_rows(named=False),
    "clients": lambda: evaluate_rows(named=True),
    "economics": measure_costs,
}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_an_evaluation_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


def test_what_chance_alone_gives_is_the_sum_of_the_bins_mean_deviations():
    defaulted, probability, _ = draw_rows()
    found = evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=2)

    edges = np.quantile(probability, np.arange(1, 10) / 10)
    bins = np.searchsorted(edges, probability, side="right")
    variance = probability * (1 - probability)
    deviations = [np.sqrt(2 / np.pi * variance[bins == place].sum()) for place in range(10)]
    assert found.chance_ece == pytest.approx(sum(deviations) / 180)
    assert found.expected_deviation == pytest.approx(np.sqrt(variance.sum()))


@pytest.mark.parametrize(
    ("defaulted", "probability", "name", "reason"),
    [
        ([0, 0], [0.01, 0.02], "f1", "no client was declined and no client defaulted"),
        (
            [0, 0],
            [0.01, 0.02],
            "recall",
            "both outcomes are needed, and all rows have the same one",
        ),
        ([1, 1], [0.9, 0.8], "roc_auc", "both outcomes are needed, and all rows have the same one"),
        ([1, 0], [0.9, 0.1], "calibration_slope", "or separate the outcomes perfectly"),
    ],
)
def test_a_figure_that_is_absent_says_why(defaulted, probability, name, reason):
    found = evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=2)

    assert found.absent[name].endswith(reason)


PINNED = {
    "independent": """
row_count=180 default_count=69 distinct_count=73 expected_default_count=67.89
expected_deviation=5.70600561 chance_ece=0.0785862566 threshold=0.25
confusion.caught_default_count=57 confusion.missed_default_count=12
confusion.false_alarm_count=55 confusion.right_accept_count=56
metrics.accuracy.value=0.627777778 metrics.accuracy.low=0.555180413
metrics.accuracy.high=0.695035182 metrics.precision.value=0.508928571
metrics.precision.low=0.417595238 metrics.precision.high=0.599669738
metrics.recall.value=0.826086957 metrics.recall.low=0.720163739 metrics.recall.high=0.89761631
metrics.f1.value=0.629834254 metrics.f1.low=0.551041939 metrics.f1.high=0.739034527
metrics.roc_auc.value=0.731296514 metrics.roc_auc.low=0.624465848
metrics.roc_auc.high=0.827057462 metrics.gini.value=0.462593028 metrics.gini.low=0.248931695
metrics.gini.high=0.654114923 metrics.ks.value=0.393262828 metrics.ks.low=0.183677057
metrics.ks.high=0.517715937 metrics.average_precision.value=0.593157513
metrics.average_precision.low=0.495421994 metrics.average_precision.high=0.736658117
metrics.brier.value=0.204508333 metrics.brier.low=0.161718375 metrics.brier.high=0.252536625
metrics.brier_skill.value=0.134864865 metrics.brier_skill.low=-0.0432186233
metrics.brier_skill.high=0.275995317 metrics.log_loss.value=0.593430901
metrics.log_loss.low=0.496108276 metrics.log_loss.high=0.704490934
metrics.calibration_slope.value=0.750864896 metrics.calibration_slope.low=0.318038767
metrics.calibration_slope.high=1.06728754 metrics.calibration_intercept.value=-0.0734181612
metrics.calibration_intercept.low=-0.404059815 metrics.calibration_intercept.high=0.44506661
metrics.ece.value=0.0945 metrics.ece.low=0 metrics.ece.high=0.13924378
metrics.cost_per_1000.value=1011.11111 metrics.cost_per_1000.low=722.5
metrics.cost_per_1000.high=1243.61111 metrics.decline_share.value=0.622222222
metrics.decline_share.low=0.549538062 metrics.decline_share.high=0.689798594
metrics.mean_probability.value=0.377166667 metrics.mean_probability.low=0.346468056
metrics.mean_probability.high=0.4135875 metrics.default_share.value=0.383333333
metrics.default_share.low=0.315447558 metrics.default_share.high=0.456094725
""",
    "clients": """
row_count=180 default_count=69 distinct_count=73 expected_default_count=67.89
expected_deviation=5.70600561 chance_ece=0.0785862566 threshold=0.25
confusion.caught_default_count=57 confusion.missed_default_count=12
confusion.false_alarm_count=55 confusion.right_accept_count=56
metrics.accuracy.value=0.627777778 metrics.accuracy.low=0.555180413
metrics.accuracy.high=0.695035182 metrics.precision.value=0.508928571
metrics.precision.low=0.417595238 metrics.precision.high=0.599669738
metrics.recall.value=0.826086957 metrics.recall.low=0.720163739 metrics.recall.high=0.89761631
metrics.f1.value=0.629834254 metrics.f1.low=0.535718551 metrics.f1.high=0.707457649
metrics.roc_auc.value=0.731296514 metrics.roc_auc.low=0.648347224
metrics.roc_auc.high=0.808568852 metrics.gini.value=0.462593028 metrics.gini.low=0.296694448
metrics.gini.high=0.617137703 metrics.ks.value=0.393262828 metrics.ks.low=0.242459051
metrics.ks.high=0.476568529 metrics.average_precision.value=0.593157513
metrics.average_precision.low=0.463816668 metrics.average_precision.high=0.725332287
metrics.brier.value=0.204508333 metrics.brier.low=0.17498909 metrics.brier.high=0.234959492
metrics.brier_skill.value=0.134864865 metrics.brier_skill.low=-0.0793794781
metrics.brier_skill.high=0.253953364 metrics.log_loss.value=0.593430901
metrics.log_loss.low=0.521299149 metrics.log_loss.high=0.668631915
metrics.calibration_slope.value=0.750864896 metrics.calibration_slope.low=0.34860053
metrics.calibration_slope.high=1.08690159 metrics.calibration_intercept.value=-0.0734181612
metrics.calibration_intercept.low=-0.632418463 metrics.calibration_intercept.high=0.246708046
metrics.ece.value=0.0945 metrics.ece.low=0 metrics.ece.high=0.159618235
metrics.cost_per_1000.value=1011.11111 metrics.cost_per_1000.low=859.799689
metrics.cost_per_1000.high=1223.92208 metrics.decline_share.value=0.622222222
metrics.decline_share.low=0.549538062 metrics.decline_share.high=0.689798594
metrics.mean_probability.value=0.377166667 metrics.mean_probability.low=0.340566374
metrics.mean_probability.high=0.41464999 metrics.default_share.value=0.383333333
metrics.default_share.low=0.315447558 metrics.default_share.high=0.456094725
""",
    "economics": """
row_count=180 default_count=69 development_row_count=180 in_force.threshold=0.25
in_force.cost_ratio=3 in_force.declined_count=112 in_force.caught_default_count=57
in_force.declined_share.value=0.622222222 in_force.declined_share.low=0.549538062
in_force.declined_share.high=0.689798594 in_force.caught_share.value=0.826086957
in_force.caught_share.low=0.720163739 in_force.caught_share.high=0.89761631
in_force.precision.value=0.508928571 in_force.precision.low=0.417595238
in_force.precision.high=0.599669738 in_force.cost_per_1000.value=1011.11111
in_force.cost_per_1000.low=859.799689 in_force.cost_per_1000.high=1223.92208
in_force.decline_all_cost=1233.33333 in_force.decline_nobody_cost=2300 cheapest.threshold=0.13
cheapest.cost_ratio=3 cheapest.declined_count=154 cheapest.caught_default_count=66
cheapest.declined_share.value=0.855555556 cheapest.declined_share.low=0.796025708
cheapest.declined_share.high=0.899896456 cheapest.caught_share.value=0.956521739
cheapest.caught_share.low=0.879787973 cheapest.caught_share.high=0.985104096
cheapest.precision.value=0.428571429 cheapest.precision.low=0.353087968
cheapest.precision.high=0.507531668 cheapest.cost_per_1000.value=1077.77778
cheapest.cost_per_1000.low=929.379009 cheapest.cost_per_1000.high=1276.65131
cheapest.decline_all_cost=1233.33333 cheapest.decline_nobody_cost=2300
cheapest_saving.value=-66.6666667 cheapest_saving.low=-299.491221
cheapest_saving.high=157.829268 sensitivity.0.threshold=0.333333333 sensitivity.0.cost_ratio=2
sensitivity.0.declined_count=89 sensitivity.0.caught_default_count=49
sensitivity.0.declined_share.value=0.494444444 sensitivity.0.declined_share.low=0.422288523
sensitivity.0.declined_share.high=0.566832538 sensitivity.0.caught_share.value=0.710144928
sensitivity.0.caught_share.low=0.5942855 sensitivity.0.caught_share.high=0.80383942
sensitivity.0.precision.value=0.550561798 sensitivity.0.precision.low=0.447263332
sensitivity.0.precision.high=0.649676119 sensitivity.0.cost_per_1000.value=888.888889
sensitivity.0.cost_per_1000.low=730.110497 sensitivity.0.cost_per_1000.high=1073.20982
sensitivity.0.decline_all_cost=1233.33333 sensitivity.0.decline_nobody_cost=1533.33333
capacity.0.capacity_share=0.111111111 capacity.0.capacity_count=20
capacity.0.reached.threshold=0.66 capacity.0.reached.cost_ratio=3
capacity.0.reached.declined_count=29 capacity.0.reached.caught_default_count=17
capacity.0.reached.declined_share.value=0.161111111
capacity.0.reached.declined_share.low=0.11066254
capacity.0.reached.declined_share.high=0.228645262
capacity.0.reached.caught_share.value=0.246376812
capacity.0.reached.caught_share.low=0.159897778 capacity.0.reached.caught_share.high=0.359606628
capacity.0.reached.precision.value=0.586206897 capacity.0.reached.precision.low=0.40737836
capacity.0.reached.precision.high=0.744868227 capacity.0.reached.cost_per_1000.value=1866.66667
capacity.0.reached.cost_per_1000.low=1579.71037 capacity.0.reached.cost_per_1000.high=2232.9146
capacity.0.reached.decline_all_cost=1233.33333 capacity.0.reached.decline_nobody_cost=2300
capacity.1.capacity_share=0.3 capacity.1.capacity_count=54 capacity.1.reached.threshold=0.42
capacity.1.reached.cost_ratio=3 capacity.1.reached.declined_count=74
capacity.1.reached.caught_default_count=42 capacity.1.reached.declined_share.value=0.411111111
capacity.1.reached.declined_share.low=0.34181918
capacity.1.reached.declined_share.high=0.484117797
capacity.1.reached.caught_share.value=0.608695652
capacity.1.reached.caught_share.low=0.490739918 capacity.1.reached.caught_share.high=0.715186765
capacity.1.reached.precision.value=0.567567568 capacity.1.reached.precision.low=0.454127433
capacity.1.reached.precision.high=0.674338813 capacity.1.reached.cost_per_1000.value=1255.55556
capacity.1.reached.cost_per_1000.low=1017.58388 capacity.1.reached.cost_per_1000.high=1513.39542
capacity.1.reached.decline_all_cost=1233.33333 capacity.1.reached.decline_nobody_cost=2300
""",
}
