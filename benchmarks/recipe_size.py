"""Measure the fewest rows of a leaf on samples of a portfolio's rows, by five folds, beside the rule of `recipe_size`.

    python benchmarks/recipe_size.py examples/portfolios/hmeq.toml hmeq.csv [--sizes 500 1000] [--family boosting]

The rows are read as `check` reads them; nothing is kept. Each line is the mean over draws of rows, folds and trees.
"""

import argparse
import tempfile

import numpy as np
import polars as pl

from credit_default.model.estimator.calibration_line import measure_slope
from credit_default.model.evaluation.cross_validation import (
    build_folded_rows,
    build_forest,
    cross_validate_estimator,
)
from credit_default.model.families.recipe import FamilyName, Recipe
from credit_default.model.families.recipe_size import size_leaf
from credit_default.model.statistics.auc_placements import measure_roc_auc_error
from credit_default.model.statistics.bootstrap import measure_log_loss
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.settings import load_settings

LEAVES = (3, 6, 10, 15, 25, 40)


def read_rows(portfolio: str, data: str) -> tuple[Wiring, pl.DataFrame]:
    """Return the portfolio and its accepted rows."""
    with tempfile.TemporaryDirectory() as lake:
        flags = {"portfolio": portfolio, "lake": lake}
        wiring = build_wiring(load_settings(flags, environment={}).settings, commit="0")
        checked = check_file(wiring, data, month=None, outcome="required")
        return wiring, checked.validated.accepted_rows()


def measure(wiring: Wiring, rows: pl.DataFrame, *, recipe: Recipe, seed: int) -> list[float]:
    """Return ROC AUC, log loss and calibration slope of pooled folds."""
    declared = {"schema": wiring.schema, "features": wiring.portfolio.features}
    folded = build_folded_rows(rows, **declared, seed=seed)
    found = cross_validate_estimator(folded, lambda: build_forest(recipe, **declared))
    outcome, probability = folded.defaulted, found.default_probability
    slope = measure_slope(outcome, probability)
    return [
        measure_roc_auc_error(outcome, probability).value,
        float(measure_log_loss(outcome, probability).mean()),
        slope.value if slope else float("nan"),
    ]


def build_recipe(family: FamilyName, *, leaf: int, seed: int) -> Recipe:
    """Return the family's recipe with such leaves; a blend's members have them."""
    if family != "blend":
        return Recipe(family=family, leaf_row_count=leaf, seed=seed)
    trees = [{"family": name, "leaf_row_count": leaf} for name in ("forest", "boosting")]
    return Recipe(family="blend", members=(*trees, "scorecard"), weights=(1, 2, 1), seed=seed)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("portfolio")
    parser.add_argument("data")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1_000, 2_000, 5_000])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--family", choices=FamilyName.__args__, default="forest")
    asked = parser.parse_args()
    wiring, rows = read_rows(asked.portfolio, asked.data)
    for size in (min(size, rows.height) for size in asked.sizes):
        for leaf in LEAVES:
            figures = []
            for seed in range(asked.draws):
                sample = rows.sample(size, seed=seed)
                recipe = build_recipe(asked.family, leaf=leaf, seed=seed)
                figures.append(measure(wiring, sample, recipe=recipe, seed=seed))
            roc_auc, loss, slope = np.mean(figures, axis=0)
            chosen = size_leaf(size * 4 // 5, int(sample["defaulted"].sum()) * 4 // 5, largest=40)
            print(
                f"{size:6,} rows  leaf {leaf:2} (the rule's: {chosen})  ROC AUC {roc_auc:.4f}  "
                f"log loss {loss:.4f}  slope {slope:.2f}"
            )


if __name__ == "__main__":
    main()
