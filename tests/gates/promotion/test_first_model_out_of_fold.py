"""Scores of different folds are by different models: refits show that the interval of all rows holds nevertheless."""

import numpy as np
import pytest
from benchmarks.out_of_fold_gate import SIGNALS, find_signal, pass_gate


def count_passes(count, *, signal, repetitions, seed=3):
    generator = np.random.default_rng(seed)
    return sum(
        pass_gate(generator, count, signal=signal, learner="logistic") for _ in range(repetitions)
    )


def test_a_model_at_the_floor_of_ranking_seldom_passes_out_of_fold():
    # 200 refits: 3.0 %. Of 40 at 3 % more than 5 pass in less than one of 700 tries.
    passes = count_passes(500, signal=SIGNALS["logistic"][500], repetitions=40)

    assert passes <= 5


def test_a_model_well_above_the_floor_passes_out_of_fold():
    passes = count_passes(500, signal=1.8, repetitions=10)

    assert passes >= 9


@pytest.mark.nightly
@pytest.mark.parametrize("count", [500, 1_000, 1_500])
def test_a_model_at_the_floor_of_ranking_passes_once_in_twenty_at_most(count):
    passes = count_passes(count, signal=find_signal(count, learner="logistic"), repetitions=400)

    assert passes <= 0.05 * 400 + 2 * np.sqrt(400 * 0.05 * 0.95)
