"""Every resample's figures, against the same figures of the rows written out as often as they were drawn."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn import metrics as sk

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.resampled_metrics import (
    MeasuredResamples,
    measure_resamples,
    sort_evaluated_rows,
)
from credit_default.model.statistics.bootstrap import draw_weights

POLICY = DecisionPolicy(missed_default_cost=7.0, false_alarm_cost=2.0)
FIGURES = ["f1", "brier", "brier_skill", "log_loss", "cost_per_1000", "mean_probability"]
RANKING = ["roc_auc", "gini", "ks", "average_precision"]
LINE = ["calibration_slope", "calibration_intercept"]


def make_scores(count=80, *, seed=3):
    """Coarse probabilities, so that some are equal, with outcomes that they rank well."""
    generator = np.random.default_rng(seed)
    probability = np.round(expit(generator.normal(-0.8, 1.3, count)), 2)
    return (generator.random(count) < probability).astype(np.int64), probability


def measure(count=80, *, resample_count=40):
    defaulted, probability = make_scores(count)
    rows = sort_evaluated_rows(defaulted, probability, policy=POLICY)
    (weights,) = draw_weights(count, resample_count=resample_count, seed=5)
    return rows, weights, measure_resamples(rows, weights)


def write_out(rows, weights):
    for drawn in weights.astype(int):
        yield np.repeat(rows.defaulted, drawn), np.repeat(rows.probability, drawn)


def test_the_figures_of_a_resample_are_those_of_its_rows_written_out():
    rows, weights, found = measure()

    assert set(found.figures) == {*FIGURES, *RANKING, *LINE}
    for number, (outcome, score) in enumerate(write_out(rows, weights)):
        declined = score >= 2 / 9
        missed, alarms = (~declined & (outcome == 1)).sum(), (declined & (outcome == 0)).sum()
        share = outcome.mean()
        alarmed, caught, _ = sk.roc_curve(outcome, score)
        expected = {
            "f1": sk.f1_score(outcome, declined),
            "brier": np.mean((score - outcome) ** 2),
            "brier_skill": 1 - np.mean((score - outcome) ** 2) / np.mean((share - outcome) ** 2),
            "log_loss": sk.log_loss(outcome, score),
            "cost_per_1000": 1_000 * (7 * missed + 2 * alarms) / 80,
            "mean_probability": score.mean(),
            "roc_auc": sk.roc_auc_score(outcome, score),
            "gini": 2 * sk.roc_auc_score(outcome, score) - 1,
            "ks": np.abs(caught - alarmed).max(),
            "average_precision": sk.average_precision_score(outcome, score),
        }
        measured = {name: found.figures[name][number] for name in expected}
        assert measured == pytest.approx(expected, rel=1e-12)


def test_the_line_of_a_resample_is_one_newton_step_from_that_of_all_rows():
    rows, weights, found = measure()
    line = rows.calibration
    design = np.column_stack([np.ones(80), logit(rows.probability)])
    fitted = expit(design @ [line.intercept, line.slope])

    assert design.T @ (rows.defaulted - fitted) == pytest.approx([0.0, 0.0], abs=1e-8)
    for number, drawn in enumerate(weights):
        information = design.T @ (design * (drawn * fitted * (1 - fitted))[:, None])
        step = np.linalg.solve(information, design.T @ (drawn * (rows.defaulted - fitted)))
        intercept, slope = np.array([line.intercept, line.slope]) + step
        assert found.figures["calibration_intercept"][number] == pytest.approx(intercept, rel=1e-9)
        assert found.figures["calibration_slope"][number] == pytest.approx(slope, rel=1e-9)


def test_the_gaps_of_the_ten_bins_are_signed_parts_of_the_calibration_error():
    rows, weights, found = measure()
    edges = np.quantile(rows.probability, np.arange(1, 10) / 10)
    bins = np.array([sum(score >= edge for edge in edges) for score in rows.probability])

    assert found.bin_gaps.shape == (40, 10)
    for number, drawn in enumerate(weights):
        gaps = [
            (drawn * (rows.defaulted - rows.probability))[bins == place].sum() / drawn.sum()
            for place in range(10)
        ]
        assert found.bin_gaps[number] == pytest.approx(gaps, abs=1e-14)


def test_the_distance_is_taken_where_it_is_widest_on_all_rows():
    rows, weights, found = measure()
    alarmed, caught, thresholds = sk.roc_curve(
        rows.defaulted, rows.probability, drop_intermediate=False
    )
    widest = thresholds[np.argmax(np.abs(caught - alarmed))]

    for number, (outcome, score) in enumerate(write_out(rows, weights)):
        above = score >= widest
        expected = abs(above[outcome == 1].mean() - above[outcome == 0].mean())
        assert found.distance_at_place[number] == pytest.approx(expected, rel=1e-12)
    assert (found.distance_at_place <= found.figures["ks"] + 1e-12).all()


def test_rows_are_sorted_by_falling_probability_then_outcome_then_client():
    defaulted = np.array([1, 0, 0, 1, 0])
    probability = np.array([0.2, 0.9, 0.2, 0.9, 0.2])
    clusters = np.array([3, 1, 2, 0, 1])

    rows = sort_evaluated_rows(defaulted, probability, policy=POLICY, clusters=clusters)

    assert rows.probability.tolist() == [0.9, 0.9, 0.2, 0.2, 0.2]
    assert rows.defaulted.tolist() == [0, 1, 0, 0, 1]
    assert rows.clusters.tolist() == [1, 0, 1, 2, 3]
    assert sort_evaluated_rows(defaulted, probability, policy=POLICY).clusters is None


def test_a_client_at_the_threshold_counts_as_declined():
    threshold = POLICY.threshold
    scores = np.array([threshold, np.nextafter(threshold, 0)])

    rows = sort_evaluated_rows(np.array([0, 1]), scores, policy=POLICY)

    assert rows.declined.tolist() == [True, False]


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_gives_neither_ranking_nor_line(outcome):
    rows = sort_evaluated_rows(np.full(4, outcome), np.array([0.1, 0.2, 0.3, 0.4]), policy=POLICY)

    found = measure_resamples(rows, np.ones((3, 4)))

    assert set(found.figures) == set(FIGURES)
    assert np.isnan(found.figures["brier_skill"]).all()
    assert np.isnan(found.distance_at_place).all()


def test_one_row_of_either_outcome_is_enough_for_a_ranking():
    for defaulted in ([1, 0, 0], [1, 1, 0]):
        rows = sort_evaluated_rows(np.array(defaulted), np.array([0.9, 0.5, 0.1]), policy=POLICY)

        assert measure_resamples(rows, np.ones((1, 3))).figures["roc_auc"].tolist() == [1.0]


def test_a_resample_without_a_decline_or_a_default_has_no_f1():
    rows = sort_evaluated_rows(np.array([1, 0, 0]), np.array([0.9, 0.1, 0.05]), policy=POLICY)

    found = measure_resamples(rows, np.array([[1.0, 1, 1], [0, 2, 1]]))

    assert found.figures["f1"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)


def test_blocks_are_joined_in_their_order():
    rows, weights, whole = measure(resample_count=7)

    joined = MeasuredResamples.join(
        measure_resamples(rows, weights[part]) for part in (slice(0, 3), slice(3, 7))
    )

    assert list(joined.figures) == list(whole.figures)
    for name, values in whole.figures.items():
        assert joined.figures[name] == pytest.approx(values, rel=1e-14, nan_ok=True)
    assert joined.distance_at_place == pytest.approx(whole.distance_at_place, rel=1e-14)
    assert joined.bin_gaps == pytest.approx(whole.bin_gaps, abs=1e-16)
