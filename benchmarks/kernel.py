"""Measure how fast the compiled kernel walks a model's trees beside scikit-learn, and check every row for equal bits.

    python benchmarks/kernel.py [--rows 1000000] [--training-rows 24000] [--repetitions 3] [--models forest boosting]

Models of each family are trained on simulated clients and score others, on one core, both ways in turn. Figures are medians:
seconds of CPU, of the clock, and the usual way's divided by ours. What the kernel costs at its start is printed first.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.adapters.kernel.compilation import ensure_compiled
from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.model.estimator.bundle import ModelBundle, attach_kernel
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, FULL_RECIPE, Recipe
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

KEY = ["client_id", "statement_month"]
RECIPES = {
    "forest": COMPACT_RECIPE,
    "forest, full": FULL_RECIPE,
    "forest, unlimited depth": Recipe(maximum_depth=None, leaf_row_count=1),
    "extra-trees": Recipe(family="extra-trees"),
    "boosting": Recipe(family="boosting"),
}


@dataclass(frozen=True)
class Spent:
    """Seconds of CPU, summed over cores, and of the clock."""

    cpu: float
    wall: float


def simulate_rows(count: int, *, seed: int) -> pl.DataFrame:
    """Return the first month of that many simulated clients, with outcomes."""
    month = next(iter(simulate(client_count=count, month_count=1, seed=seed)))
    return month.statements.join(month.outcomes.select(*KEY, "defaulted"), on=KEY, how="inner")


def fit_model(recipe: Recipe, rows: pl.DataFrame) -> ModelBundle:
    """Fit a model of the credit-card portfolio."""
    return fit(
        recipe,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=2,
    )


def spend(work: Callable[[], object]) -> Spent:
    """Return what the work takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


def compare(
    usual: Callable[[], object], ours: Callable[[], object], *, repetitions: int
) -> tuple[Spent, Spent]:
    """Return the medians of both ways, taken in turn."""
    spent = [(spend(usual), spend(ours)) for _ in range(repetitions)]
    medians = [
        Spent(
            statistics.median(each.cpu for each in way),
            statistics.median(each.wall for each in way),
        )
        for way in zip(*spent, strict=True)
    ]
    return medians[0], medians[1]


def print_family(name: str, bundle: ModelBundle, rows: pl.DataFrame, *, repetitions: int) -> None:
    """Print a line of the table, after checking that every row has the same bits both ways."""
    matrix = bundle.build_matrix(rows)
    choice = attach_kernel(bundle, load_kernel())
    if choice.bundle.walker is None:
        print(f"{name:24} {choice.refusal}")
        return
    walked, usual = choice.bundle.measure_probability(matrix), bundle.measure_probability(matrix)
    differing = int((walked.view(np.uint64) != np.ascontiguousarray(usual).view(np.uint64)).sum())
    if differing:
        raise SystemExit(f"{name}: {differing} of {len(matrix)} rows differ")
    before, after = compare(
        lambda: bundle.measure_probability(matrix),
        lambda: choice.bundle.measure_probability(matrix),
        repetitions=repetitions,
    )
    print(
        f"{name:24} {before.cpu:8.2f} {after.cpu:8.2f} {before.cpu / after.cpu:6.1f}  "
        f"{before.wall:8.2f} {after.wall:8.2f} {before.wall / after.wall:6.1f}  "
        f"{len(matrix) / after.cpu:12,.0f}  all {len(matrix):,} equal",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--training-rows", type=int, default=24_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=[*RECIPES], default=[*RECIPES])
    arguments = parser.parse_args()
    if not ensure_compiled():
        raise SystemExit("the loops could not be compiled for this installation")
    print(f"loading the compiled code: {spend(load_kernel).cpu:.3f} s of CPU")
    training = simulate_rows(arguments.training_rows, seed=1)
    rows = simulate_rows(arguments.rows, seed=2)
    print(
        f"{'':24} {'CPU usual':>9} {'ours':>7} {'ratio':>6} {'wall usual':>10} {'ours':>7} {'ratio':>6}  {'rows/CPU-s':>12}"
    )
    for name in arguments.models:
        print_family(
            name, fit_model(RECIPES[name], training), rows, repetitions=arguments.repetitions
        )


if __name__ == "__main__":
    main()
