"""Measure how often the intervals of `models compare` and of back-tests hold the true value, and how often equal versions differ.

    python benchmarks/version_differences.py [--repetitions 2000]

The first version sees the true log odds through noise, the second is at another level; clients have a risk of their own, and
one or four rows each. True values are those of two million rows. A back-test's size is how often, of two versions with
equally large noise, the second is said to be better, or worse, beyond noise.
"""

import argparse
from math import sqrt

import numpy as np

from credit_default.gates.shadow.backtest import backtest_promotion
from credit_default.model.comparison.swap_set import measure_clustered_share
from credit_default.model.comparison.version_difference import (
    PairedOutcomes,
    measure_differences,
    measure_level,
)
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
THRESHOLDS = (0.16, 0.2)
SHAPES = ((2_000, 1), (6_000, 1), (500, 4), (1_500, 4))  # clients, and rows of each


def expit(odds: np.ndarray) -> np.ndarray:
    """Return probabilities of log odds."""
    probability: np.ndarray = 1 / (1 + np.exp(-odds))
    return probability


def draw_rows(
    seed: int, shape: tuple[int, int], *, level: float, noises: tuple[float, float]
) -> PairedOutcomes:
    """Return rows on which the second version is at another level and each sees through noise of its own."""
    client_count, row_count = shape
    generator = np.random.default_rng(seed)
    habit = np.repeat(generator.normal(-1.55, 1.0, size=client_count), row_count)
    odds = habit + generator.normal(0, 0.5, size=len(habit))
    seen = [
        odds - 0.1 + noise * np.repeat(generator.normal(size=client_count), row_count)
        for noise in noises
    ]
    defaulted = (generator.random(len(odds)) < expit(odds)).astype(int)
    clients = np.repeat(np.arange(client_count), row_count)
    return PairedOutcomes(defaulted, expit(seen[0]), expit(seen[1] + level), clients)


def measure_rows(rows: PairedOutcomes) -> dict[str, tuple[float, float, float]]:
    """Return value and interval of each figure."""
    found = measure_differences(
        rows, first_threshold=THRESHOLDS[0], second_threshold=THRESHOLDS[1], costs=COSTS
    )
    figures = {name: (each.gain, each.low, each.high) for name, each in found.items()}
    gap = measure_level(rows.defaulted, rows.second, clients=rows.clients).gap
    share = measure_clustered_share(rows.defaulted, rows.clients)
    return figures | {
        "observed minus expected": (gap.value, gap.low, gap.high),
        "default share": (share.value, share.low, share.high),
    }


def measure_coverage(shape: tuple[int, int], repetitions: int) -> dict[str, float]:
    """Return the share of intervals that hold the true value, by figure."""
    setting = {"level": 0.199, "noises": (0.3, 0.0)}
    truth = measure_rows(draw_rows(1, (2_000_000, 1), **setting))
    held = dict.fromkeys(truth, 0)
    for seed in range(repetitions):
        for name, (_, low, high) in measure_rows(draw_rows(100 + seed, shape, **setting)).items():
            held[name] += low <= truth[name][0] <= high
    return {name: count / repetitions for name, count in held.items()}


def measure_backtest(
    shape: tuple[int, int], repetitions: int, old_noise: float
) -> dict[str, float]:
    """Return how often a back-test says better and worse, by level of the verdict."""
    levels = [
        backtest_promotion(
            draw_rows(100 + seed, shape, level=0.0, noises=(old_noise, 0.3)),
            months=("2006-01", "2006-02"),
            thresholds=(0.16, 0.16),
            costs=COSTS,
        )[1].level
        for seed in range(repetitions)
    ]
    return {level: levels.count(level) / repetitions for level in ("ok", "alarm")}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2_000)
    count = parser.parse_args().repetitions
    error = 100 * sqrt(0.95 * 0.05 / count)
    print(f"coverage of 95 % intervals, {count:,} repetitions, standard error {error:.1f} points")
    covered = {shape: measure_coverage(shape, count) for shape in SHAPES}
    print(f"{'clients × rows':26}" + "".join(f"{f'{c:,} × {r}':>12}" for c, r in SHAPES))
    for name in next(iter(covered.values())):
        print(f"{name:26}" + "".join(f"{covered[shape][name]:>12.1%}" for shape in SHAPES))
    print("\nback-test: said to be better (worse)")
    for label, noise in (("equal versions", 0.3), ("old noise .5, new .3", 0.5)):
        cells = [measure_backtest(shape, count, noise) for shape in SHAPES]
        shown = (f"{found['ok']:.1%} ({found['alarm']:.1%})" for found in cells)
        print(f"{label:26}" + "".join(f"{text:>16}" for text in shown))


if __name__ == "__main__":
    main()
