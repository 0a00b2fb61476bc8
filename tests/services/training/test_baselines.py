from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.gates.promotion.paired_gains import MEASURES
from credit_default.services.training.baselines import check_beside_rivals, measure_rivals
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.training_rows import split_rows


@pytest.fixture(scope="module")
def trained(champion_lake):
    sides = split_rows(champion_lake.wiring, champion_lake.training)
    return sides, fit_challenger(champion_lake.wiring, champion_lake.training, sides)


def test_every_baseline_is_measured_on_the_test_side_with_paired_gains(champion_lake, trained):
    sides, challenger = trained

    compared = {
        baseline.name: baseline
        for baseline in measure_rivals(champion_lake.wiring, challenger, sides).baselines
    }

    assert list(compared) == ["scorecard", "small tree", "base rate", "boosting", "best input"]
    for baseline in compared.values():
        assert set(baseline.metrics) == set(baseline.gains) == set(MEASURES)
        for gain in baseline.gains.values():
            assert gain.low <= gain.gain <= gain.high
        auc = challenger.evaluation.metrics["roc_auc"].value
        assert baseline.gains["roc_auc"].gain == pytest.approx(auc - baseline.metrics["roc_auc"])


def test_base_rate_is_beaten(champion_lake, trained):
    sides, challenger = trained

    base_rate = measure_rivals(champion_lake.wiring, challenger, sides).baselines[2]

    assert base_rate.metrics["roc_auc"] == 0.5
    assert base_rate.gains["roc_auc"].is_better
    assert base_rate.gains["log_loss"].is_better


def test_comparison_is_the_same_each_time(champion_lake, trained):
    sides, challenger = trained

    first, again = (measure_rivals(champion_lake.wiring, challenger, sides) for _ in range(2))

    assert first.baselines == again.baselines
    np.testing.assert_array_equal(first.plain.boosting, again.plain.boosting)


def test_model_that_a_baseline_equals_does_not_beat_it(champion_lake, trained):
    sides, challenger = trained
    same = np.full(len(challenger.test_probability), 0.22)
    constant = replace(challenger, judged=replace(challenger.judged, probability=same))

    compared = measure_rivals(champion_lake.wiring, constant, sides).baselines

    assert not any(baseline.gains["roc_auc"].is_better for baseline in compared)


def test_a_model_that_ranks_worse_than_a_scorecard_is_watched_with_what_to_do(
    champion_lake, trained
):
    sides, challenger = trained
    noise = np.random.default_rng(1).random(len(challenger.test_probability))
    mixed = 0.1 * challenger.test_probability + 0.2 * noise
    judged = replace(challenger.judged, probability=mixed)
    weak = replace(challenger, test_probability=mixed, judged=judged)
    rivals = measure_rivals(champion_lake.wiring, weak, sides)

    leaks, beaten = check_beside_rivals(champion_lake.wiring, weak, rivals)

    assert (leaks.fault, beaten.fault) == ("", "")
    assert beaten.watch.endswith("ranks better")
    assert "ROC AUC 0.7" in beaten.summary
    assert "recipe.family" in beaten.summary or "`credit-default tune`" in beaten.summary


def test_an_input_that_was_known_only_afterwards_is_named(champion_lake, trained):
    sides, challenger = trained
    learnt, judged = (
        rows.with_columns(payment_amount_m1=pl.when(defaulted=1).then(0.0).otherwise(900.0))
        for rows in (sides.development, sides.test)
    )
    leaky = replace(sides, development=learnt, test=judged)

    rivals = measure_rivals(champion_lake.wiring, challenger, leaky)
    leaks, _ = check_beside_rivals(champion_lake.wiring, challenger, rivals)

    assert leaks.fault.startswith("payment_amount_m1 tells the outcome: ")
    assert "defaults and hardly anyone else have 0, " in leaks.fault
