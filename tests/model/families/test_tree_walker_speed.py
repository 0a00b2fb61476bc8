"""How fast a kernel walks a compact forest beside scikit-learn; `benchmarks/kernel.py` prints it for a million rows."""

import statistics
import time

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from credit_default.model.families.forests import RANDOM_FOREST
from credit_default.model.families.tree_walker import build_walker


def spend(work) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_the_kernel_takes_less_than_half_of_scikit_learns_time(kernel):
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(30_000, 30)).astype(np.float32)
    outcome = (matrix[:3_000, 0] + rng.normal(size=3_000) > 0.8).astype(np.int64)
    forest = RandomForestClassifier(
        n_estimators=40, max_depth=8, min_samples_leaf=10, random_state=0
    ).fit(matrix[:3_000], outcome)
    walker = build_walker(RANDOM_FOREST, forest, kernel)

    ratios = [
        spend(lambda: forest.predict_proba(matrix)) / spend(lambda: walker.measure(matrix))
        for _ in range(5)
    ]

    assert np.array_equal(walker.measure(matrix), forest.predict_proba(matrix)[:, 1])
    assert statistics.median(ratios) > 2
