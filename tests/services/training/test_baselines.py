import numpy as np
import pytest

from credit_default.gates.promotion.paired_gains import MEASURES
from credit_default.services.training.baselines import compare_baselines
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
        for baseline in compare_baselines(champion_lake.wiring, challenger, sides)
    }

    assert list(compared) == ["scorecard", "small tree", "base rate"]
    for baseline in compared.values():
        assert set(baseline.metrics) == set(baseline.gains) == set(MEASURES)
        for gain in baseline.gains.values():
            assert gain.low <= gain.gain <= gain.high
        auc = challenger.evaluation.metrics["roc_auc"].value
        assert baseline.gains["roc_auc"].gain == pytest.approx(auc - baseline.metrics["roc_auc"])


def test_base_rate_is_beaten(champion_lake, trained):
    sides, challenger = trained

    *_, base_rate = compare_baselines(champion_lake.wiring, challenger, sides)

    assert base_rate.metrics["roc_auc"] == 0.5
    assert base_rate.gains["roc_auc"].is_better
    assert base_rate.gains["log_loss"].is_better


def test_comparison_is_the_same_each_time(champion_lake, trained):
    sides, challenger = trained

    assert compare_baselines(champion_lake.wiring, challenger, sides) == compare_baselines(
        champion_lake.wiring, challenger, sides
    )


def test_model_that_a_baseline_equals_does_not_beat_it(champion_lake, trained):
    sides, challenger = trained
    from dataclasses import replace

    same = np.full(len(challenger.test_probability), 0.22)
    constant = replace(challenger, judged=replace(challenger.judged, probability=same))

    compared = compare_baselines(champion_lake.wiring, constant, sides)

    assert not any(baseline.gains["roc_auc"].is_better for baseline in compared)
