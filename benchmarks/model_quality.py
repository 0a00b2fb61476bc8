"""Prints what the forest reaches on the public data: pooled five-fold figures, mean of three fixed seeds.

    python benchmarks/model_quality.py UCI_Credit_Card.csv [--recipe compact|full] [--protected] [--job-count 2]

Each seed draws its own folds and grows its own forests. Times are wall-clock and hold for this machine only.
"""

import argparse
import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.files import read_batches
from credit_default.data.schema import CREDIT_CARD
from credit_default.data.splitting import split
from credit_default.data.validation import check
from credit_default.model.decision import DecisionPolicy
from credit_default.model.evaluation import METRIC_MEANINGS, evaluate
from credit_default.model.features import CREDIT_CARD_FEATURES
from credit_default.model.fitting import cross_validate, fit
from credit_default.model.pipeline import COMPACT_RECIPE, FULL_RECIPE, Recipe
from credit_default.model.scoring import score_probability

SEEDS = (1, 2, 3)
RECIPES = {"compact": COMPACT_RECIPE, "full": FULL_RECIPE}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--recipe", choices=RECIPES, default="compact")
    parser.add_argument("--protected", action="store_true", help="let sex, marriage and age be inputs")
    parser.add_argument("--job-count", type=int, default=2)
    arguments = parser.parse_args()
    recipe = replace(RECIPES[arguments.recipe], include_protected=arguments.protected)
    rows = read_rows(arguments.data, month=arguments.month)
    print(f"recipe {recipe}")
    print_quality(recipe, rows, job_count=arguments.job_count)
    print_costs(recipe, rows, job_count=arguments.job_count)


def read_rows(path: Path, *, month: str) -> pl.DataFrame:
    """The file's accepted rows with their outcomes."""
    validated = check(
        lambda: read_batches(path, schema=CREDIT_CARD, month=month), schema=CREDIT_CARD, outcome="required"
    )
    return pl.concat([batch.accepted for batch in validated.batches()])


def print_quality(recipe: Recipe, rows: pl.DataFrame, *, job_count: int) -> None:
    """One line a figure: mean over the seeds, then each seed's."""
    defaulted = rows.get_column("defaulted").to_numpy()
    figures: list[dict[str, float]] = []
    for seed in SEEDS:
        out_of_fold = cross_validate(
            replace(recipe, seed=seed),
            rows,
            schema=CREDIT_CARD,
            features=CREDIT_CARD_FEATURES,
            seed=seed,
            job_count=job_count,
        )
        evaluation = evaluate(
            defaulted, out_of_fold.default_probability, policy=DecisionPolicy(), seed=seed, resample_count=50
        )
        figures.append({name: metric.value for name, metric in evaluation.metrics.items()})
    print(f"pooled five-fold figures of {rows.height} rows, mean of seeds {SEEDS}")
    for name in METRIC_MEANINGS:
        values = [figure[name] for figure in figures]
        print(f"  {name:22s} {np.mean(values):9.4f}   ({', '.join(f'{value:.4f}' for value in values)})")


def print_costs(recipe: Recipe, rows: pl.DataFrame, *, job_count: int) -> None:
    """Times and sizes of one model on the development side."""
    sides = split(rows)
    started = time.perf_counter()
    bundle = fit(
        recipe,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
    )
    fitted = time.perf_counter()
    score_probability(bundle, rows)
    scored = time.perf_counter()
    node_count = sum(tree.tree_.node_count for tree in bundle.forest.estimators_)
    print(f"fit {sides.development.height} rows with {job_count} jobs: {fitted - started:.1f} s")
    print(
        f"score {rows.height} rows on one core: {scored - fitted:.2f} s, {rows.height / (scored - fitted):,.0f} rows/s"
    )
    print(
        f"{len(bundle.feature_names)} features, {node_count} nodes, {len(pickle.dumps(bundle.pipeline)) / 1e6:.1f} MB"
    )
    print(f"digest {bundle.digest}")


if __name__ == "__main__":
    main()
