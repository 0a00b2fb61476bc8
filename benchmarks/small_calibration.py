"""Whether a forest of few rows gains by a calibration line wherever the slope's interval excludes 1, without proof of a gain.

    python benchmarks/small_calibration.py [--rows 1000] [--draws 60]

Each draw fits a forest on so many rows of 20 inputs, a third of which say nothing, and decides about a line from the
probabilities of five folds: by the rule for many rows (`choose_calibration`), by the slope's 95 % or 99 % interval, and always. Each
choice is judged on 5,000 other rows: the mean log loss that it saves against no line, in thousandths of a nat, with its standard
error over the draws, and in how many draws it took a line.
"""

import argparse
from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier

from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import (
    Calibration,
    fit_calibration,
    measure_slope,
)
from credit_default.model.estimator.recalibration import CalibrationPolicy, choose_calibration
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.recipe_size import size_column_share, size_leaf
from credit_default.model.statistics.bootstrap import measure_log_loss

INPUT_COUNT, OTHER_ROWS, FOLD_COUNT, TREE_COUNT = 20, 5_000, 5, 60
_SHARES: Final = np.append(np.geomspace(1, 0.15, 13), np.zeros(7))


def _sum_up(inputs: np.ndarray) -> np.ndarray:
    return -1.0 + inputs @ _SHARES * 0.55


def _need_both(inputs: np.ndarray) -> np.ndarray:
    both = (inputs[:, 0] > 0) & (inputs[:, 1] > 0)
    return -1.6 + 1.8 * both + 0.5 * np.abs(inputs[:, 2]) + 0.4 * inputs[:, 3]


def _say_little(inputs: np.ndarray) -> np.ndarray:
    return -1.0 + inputs @ _SHARES * 0.2


WORLDS: Final[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
    "many inputs that add up": _sum_up,
    "inputs that matter together": _need_both,
    "inputs that say little": _say_little,
}
RULES: Final = ("of many rows", "95 % interval", "99 % interval", "always")


def draw_rows(
    generator: np.random.Generator, count: int, *, world: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and outcomes."""
    inputs = generator.normal(size=(count, INPUT_COUNT))
    return inputs, (generator.random(count) < expit(WORLDS[world](inputs))).astype(np.int64)


def build_forest(row_count: int) -> RandomForestClassifier:
    """Return an unfitted forest by the default recipe for so many rows, with fewer trees."""
    recipe = Recipe()
    counts = row_count, row_count * 3 // 10
    return RandomForestClassifier(
        TREE_COUNT,
        criterion=recipe.criterion,
        max_depth=recipe.maximum_depth,
        min_samples_leaf=size_leaf(*counts, largest=recipe.leaf_row_count),
        max_features=size_column_share(*counts, smallest=recipe.column_share),
        max_samples=recipe.row_share,
        random_state=0,
    )


def score_out_of_fold(inputs: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return each row's probability by a forest of the other folds."""
    fold, found = np.arange(len(bad)) % FOLD_COUNT, np.empty(len(bad))
    for number in range(FOLD_COUNT):
        own = fold == number
        model = build_forest(int((~own).sum())).fit(inputs[~own], bad[~own])
        found[own] = model.predict_proba(inputs[own])[:, 1]
    return found


def choose_lines(bad: np.ndarray, held_out: np.ndarray) -> dict[str, Calibration | None]:
    """Return the line that each rule takes, None where it takes none."""
    line, slope = fit_calibration(bad, held_out), measure_slope(bad, held_out)
    lines = dict.fromkeys(RULES, line if line is not None and line.slope > 0 else None)
    many = CalibrationPolicy(few_rows=0)
    lines["of many rows"] = choose_calibration(bad, held_out, policy=many, seed=0).line
    for rule, width in (("95 % interval", 1.96), ("99 % interval", 2.576)):
        if slope is None or abs(slope.value - 1) <= width * slope.standard_error:
            lines[rule] = None
    return lines


def measure_draw(generator: np.random.Generator, row_count: int, *, world: str) -> np.ndarray:
    """Return, for each rule, the log loss that it saves on other rows, and whether it took a line; then the slope."""
    inputs, bad = draw_rows(generator, row_count, world=world)
    others, outcome = draw_rows(generator, OTHER_ROWS, world=world)
    held_out = score_out_of_fold(inputs, bad)
    bare = build_forest(row_count).fit(inputs, bad).predict_proba(others)[:, 1]
    before = measure_log_loss(outcome, calibrate_probability(bare, Calibration(1.0, 0.0))).mean()
    figures = []
    for line in choose_lines(bad, held_out).values():
        after = measure_log_loss(
            outcome, calibrate_probability(bare, line or Calibration(1.0, 0.0))
        )
        figures += [float(before - after.mean()), float(line is not None)]
    slope = measure_slope(bad, held_out)
    return np.array([*figures, slope.value if slope else np.nan])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--seed", type=int, default=20_261_130)
    asked = parser.parse_args()
    for number, world in enumerate(WORLDS):
        draws = np.array(
            [
                measure_draw(
                    np.random.default_rng([asked.seed, number, draw]), asked.rows, world=world
                )
                for draw in range(asked.draws)
            ]
        )
        print(
            f"{world}, {asked.rows:,} rows, mean slope {np.nanmean(draws[:, -1]):.2f}", flush=True
        )
        for place, rule in enumerate(RULES):
            saved, took = 1_000 * draws[:, 2 * place], draws[:, 2 * place + 1]
            error = saved.std(ddof=1) / np.sqrt(len(saved))
            print(
                f"  {rule:14} saves {saved.mean():+6.2f} ± {error:.2f} thousandths of a nat,"
                f" a line in {took.sum():.0f} of {len(took)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
