import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import METRIC_MEANINGS, Confusion, evaluate

POLICY = DecisionPolicy()
DEFAULTED = np.array([1, 1, 1, 0, 0, 0, 0, 0])
PROBABILITY = np.array([0.9, 0.4, 0.1, 0.5, 0.1, 0.1, 0.05, 0.02])


def make_scores(count=2000, *, seed=1):
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.5, 1.2, count)
    probability = 1 / (1 + np.exp(-odds))
    return (generator.random(count) < probability).astype(int), probability


def run(defaulted=DEFAULTED, probability=PROBABILITY, **changes):
    return evaluate(
        defaulted, probability, **{"policy": POLICY, "seed": 1, "resample_count": 50, **changes}
    )


def test_figures_of_eight_clients_are_those_worked_out_by_hand():
    evaluation = run()
    values = {name: metric.value for name, metric in evaluation.metrics.items()}

    assert evaluation.confusion == Confusion(
        caught_default_count=2, missed_default_count=1, false_alarm_count=1, right_accept_count=4
    )
    assert values["accuracy"] == 6 / 8
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["recall"] == pytest.approx(2 / 3)
    assert values["f1"] == pytest.approx(2 / 3)
    assert values["cost_per_1000"] == pytest.approx(1000 * (5 + 1) / 8)
    assert values["decline_share"] == 3 / 8
    assert values["default_share"] == 3 / 8
    assert values["mean_probability"] == pytest.approx(2.17 / 8)
    assert evaluation.expected_default_count == pytest.approx(2.17)
    assert (evaluation.row_count, evaluation.default_count, evaluation.distinct_count) == (8, 3, 6)


def test_figures_agree_with_scikit_learn():
    defaulted, probability = make_scores()
    declined = probability >= 1 / 6

    values = {name: metric.value for name, metric in run(defaulted, probability).metrics.items()}

    assert values["roc_auc"] == pytest.approx(sk.roc_auc_score(defaulted, probability))
    assert values["gini"] == pytest.approx(2 * sk.roc_auc_score(defaulted, probability) - 1)
    assert values["average_precision"] == pytest.approx(
        sk.average_precision_score(defaulted, probability)
    )
    assert values["brier"] == pytest.approx(sk.brier_score_loss(defaulted, probability))
    assert values["log_loss"] == pytest.approx(sk.log_loss(defaulted, probability))
    assert values["f1"] == pytest.approx(sk.f1_score(defaulted, declined))
    assert values["accuracy"] == pytest.approx(sk.accuracy_score(defaulted, declined))


def test_a_calibrated_score_looks_calibrated():
    metrics = run(*make_scores(8000), resample_count=300).metrics

    assert metrics["calibration_slope"].low < 1 < metrics["calibration_slope"].high
    assert metrics["calibration_intercept"].low < 0 < metrics["calibration_intercept"].high
    assert metrics["ece"].value < 0.02


def test_a_score_twice_too_extreme_shows_half_the_slope():
    defaulted, probability = make_scores(8000)
    extreme = probability**2 / (probability**2 + (1 - probability) ** 2)

    assert run(defaulted, extreme).metrics["calibration_slope"].value == pytest.approx(
        0.5, abs=0.05
    )


def test_the_interval_of_the_auc_is_as_wide_as_theory_says():
    metric = run(*make_scores(6000), resample_count=300).metrics["roc_auc"]

    assert 0.010 < metric.high - metric.value < 0.019
    assert 0.010 < metric.value - metric.low < 0.019


def test_a_tripled_sample_is_as_uncertain_as_the_single_one_where_its_clients_are_named():
    defaulted, probability = make_scores(600)
    tripled = [np.repeat(values, 3) for values in (defaulted, probability)]

    single = run(defaulted, probability, resample_count=300).metrics
    named = run(*tripled, resample_count=300, clients=np.repeat(np.arange(600), 3)).metrics
    unnamed = run(*tripled, resample_count=300).metrics

    for name, metric in single.items():
        width = metric.high - metric.low
        assert named[name].value == pytest.approx(metric.value, abs=1e-9)
        assert named[name].high - named[name].low == pytest.approx(width, rel=0.3), name
    for name in ("roc_auc", "brier", "precision", "log_loss", "default_share"):
        width = single[name].high - single[name].low
        assert unnamed[name].high - unnamed[name].low == pytest.approx(width / 3**0.5, rel=0.2)


def test_clients_that_do_not_repeat_change_nothing():
    defaulted, probability = make_scores(400)

    assert run(defaulted, probability, clients=np.arange(400)[::-1]) == run(defaulted, probability)


def test_what_chance_alone_gives_as_ece_stands_beside_it():
    evaluations = [run(*make_scores(1_000, seed=seed), resample_count=2) for seed in range(60)]

    measured = np.mean([evaluation.metrics["ece"].value for evaluation in evaluations])

    assert np.mean([item.chance_ece for item in evaluations]) == pytest.approx(measured, rel=0.06)


def test_the_default_share_carries_wilsons_interval():
    metric = run([1] * 20 + [0] * 80, [0.2] * 100).metrics["default_share"]

    assert metric.value == 0.2
    assert (metric.low, metric.high) == (
        pytest.approx(0.1334, abs=1e-4),
        pytest.approx(0.2888, abs=1e-4),
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40), st.randoms()
)
def test_whatever_the_rows_figures_are_finite_ordered_and_indifferent_to_row_order(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    evaluation, again = (
        run([outcome for outcome, _ in order], [score for _, score in order], resample_count=5)
        for order in (rows, shuffled)
    )

    assert set(evaluation.metrics) | set(evaluation.absent) == set(METRIC_MEANINGS)
    assert not set(evaluation.metrics) & set(evaluation.absent)
    for metric in evaluation.metrics.values():
        assert np.isfinite([metric.value, metric.low, metric.high]).all()
        assert metric.low <= metric.value <= metric.high
    assert again == evaluation


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_alone_leaves_the_ranking_out_and_says_why(outcome):
    evaluation = run([outcome] * 4, [0.1, 0.2, 0.3, 0.4])

    assert {
        "roc_auc",
        "gini",
        "ks",
        "average_precision",
        "calibration_slope",
        "brier_skill",
    } <= set(evaluation.absent)
    assert (
        evaluation.absent["roc_auc"] == "both outcomes are needed, and all rows have the same one"
    )
    assert "brier" in evaluation.metrics


def test_precision_is_absent_when_no_client_is_declined():
    evaluation = run([0, 1, 0, 1], [0.01, 0.02, 0.03, 0.04])

    assert evaluation.absent["precision"] == "no client was declined"
    assert evaluation.metrics["recall"].value == 0.0


def test_a_constant_model_shows_in_its_distinct_count_and_has_no_calibration_line():
    evaluation = run([0, 1, 0, 0], [0.2] * 4)

    assert evaluation.distinct_count == 1
    assert evaluation.metrics["roc_auc"] == Metric(0.5, 0.5, 0.5)
    assert "all the same" in evaluation.absent["calibration_slope"]


def test_the_threshold_in_force_is_the_one_evaluated_at():
    dear = run(policy=DecisionPolicy(missed_default_cost=1.0, false_alarm_cost=1.0))

    assert dear.threshold == 0.5
    assert dear.confusion.caught_default_count == 1


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(InputError, match="one outcome for each probability"):
        run([0, 1], [0.5])


def test_a_client_exactly_at_the_threshold_is_declined_in_every_figure():
    at, below = POLICY.threshold, np.nextafter(POLICY.threshold, 0.0)

    found = run([1, 1, 0, 0], [at, below, at, below])

    assert found.confusion == Confusion(1, 1, 1, 1)
    assert found.metrics["decline_share"].value == 0.5
    assert found.metrics["recall"].value == 0.5
    assert found.metrics["cost_per_1000"].value == pytest.approx(1_000 * (5 + 1) / 4)
