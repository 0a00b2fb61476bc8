"""Measure how fast exact reasons are computed beside the way before, leaf by leaf, and check that they agree.

    python benchmarks/reasons.py [UCI_Credit_Card.csv] [--clients 30000] [--repetitions 3]

The model is the compact recipe's; the background are the accepted clients of the test side. Without a file the clients are
simulated. Both ways give the contributions of the declined clients in turn, on one core; figures are medians of CPU seconds,
without imports and without what a model's first reason costs, which stands by itself.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from kernel import fit_model, simulate_rows
from leaf_by_leaf import add_leaf_by_leaf
from model_quality import read_rows

from credit_default.adapters.kernel.compilation import ensure_compiled
from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import split
from credit_default.model.estimator.bundle import ModelBundle, attach_kernel
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.families.find_family import find_family

BLOCK_ROWS = 65_536  # of the way before, whose tables are built for each record batch


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--clients", type=int, default=30_000)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    ensure_compiled()
    rows = (
        simulate_rows(arguments.clients, seed=1)
        if arguments.data is None
        else read_rows(arguments.data, month=arguments.month)
    )
    sides = split(rows)
    bundle = attach_reference(fit_model(COMPACT_RECIPE, sides.development), sides.test)
    bundle = attach_kernel(bundle, load_kernel()).bundle
    flagged = score_probability(bundle, rows) >= bundle.decision_policy.threshold
    print_measures(bundle, rows.filter(pl.Series(flagged)), repetitions=arguments.repetitions)


def print_measures(bundle: ModelBundle, declined: pl.DataFrame, *, repetitions: int) -> None:
    """Print what reasons cost each way, and how far the ways are apart."""
    matrix = bundle.build_matrix(declined)
    finder = build_reason_finder(bundle, CREDIT_CARD_REASONS, schema=CREDIT_CARD)
    plain = build_reason_finder(
        replace(bundle, kernel=None, walker=None), CREDIT_CARD_REASONS, schema=CREDIT_CARD
    )
    trees = find_family(bundle.recipe).list_trees(bundle.forest)
    background = bundle.build_matrix(finder.explainer.background_rows)
    print(
        f"{declined.height:,} declined clients; background: {finder.explainer.background_description}"
    )
    print(
        f"a model's first reason: {spend(lambda: finder.find_reasons(declined.head(1))):.2f} s of CPU"
    )
    plain.find_reasons(declined.head(1))
    ways: dict[str, Callable[[], object]] = {
        "leaf by leaf, contributions alone": lambda: [
            add_leaf_by_leaf(trees, matrix[n : n + BLOCK_ROWS], background=background)
            for n in range(0, len(matrix), BLOCK_ROWS)
        ],
        "grouped by NumPy, reasons in words": lambda: plain.find_reasons(declined),
        "grouped, compiled, reasons in words": lambda: finder.find_reasons(declined),
    }
    spent = [{name: spend(work) for name, work in ways.items()} for _ in range(repetitions)]
    medians = {name: statistics.median(each[name] for each in spent) for name in ways}
    slowest = max(medians.values())
    for name, seconds in medians.items():
        print(
            f"{name:38} {seconds:7.2f} s  {declined.height / seconds:10,.0f} rows a CPU-second  "
            f"{slowest / seconds:5.1f}"
        )
    found = finder.explainer.explain(declined)
    before = add_leaf_by_leaf(trees, matrix, background=background)
    sums = found.base + found.contributions.sum(axis=1)
    print(
        f"the ways differ by at most {np.abs(found.contributions - before).max():.1e}; "
        f"base plus contributions miss the probability by at most {np.abs(sums - found.risk).max():.1e}"
    )


def spend(work: Callable[[], object]) -> float:
    """Return the CPU seconds that the work takes, summed over cores."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
