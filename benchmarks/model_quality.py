"""Print what each family reaches on the public data: pooled five-fold figures of three fixed seeds.

    python benchmarks/model_quality.py UCI_Credit_Card.csv [--only "compact forest" --only "seat: blend"] [--protected] [--job-count 2]

A seat is a family that may be champion, at its defaults; the others are measured only. Each seed draws its own folds and
grows its own models; protected attributes are out unless --protected. A figure above the ceiling of the public data ends
the run: it would be a leak. Seconds are of CPU, summed over cores, and hold for this machine only.
"""

import argparse
import pickle
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import split
from credit_default.gates.promotion.paired_gains import PairedScores, measure_gains
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import OutOfFold, fit
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, Recipe, parse_recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.evaluation.cross_validation import (
    QUALITY_METRICS,
    FoldedRows,
    build_folded_rows,
    build_forest,
    cross_validate_estimator,
    measure_out_of_fold,
)
from credit_default.model.evaluation.leakage_check import check_leak_ceiling
from credit_default.model.evaluation.metrics import METRIC_MEANINGS
from credit_default.model.evaluation.reference_models import (
    FAMILIES,
    SCORECARD,
    cross_validate_families,
)
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.families.recipe import FAMILY_PARAMETERS
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.services.training.cross_validation import FOLD_SEEDS

CONFIG = Path(__file__).parents[1] / "config"
FOREST_BARS = {
    "roc_auc": 0.787,
    "average_precision": 0.562,
    "brier": 0.1331,
    "log_loss": 0.4248,
    "ece": 0.02,
}
BEST_BAR = 0.790  # ROC AUC of the best family
EXPLAINED = 1_000  # rows


def main() -> None:
    """Measure and print."""
    recipes = list_recipes()
    names = [*recipes, SCORECARD.name, *(family.name for family in FAMILIES)]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument(
        "--only", action="append", choices=names, help="may be repeated; all when not given"
    )
    parser.add_argument(
        "--protected", action="store_true", help="let sex, marriage and age be inputs"
    )
    parser.add_argument("--job-count", type=int, default=2)
    arguments = parser.parse_args()
    rows = read_rows(arguments.data, month=arguments.month)
    recipes = {
        name: replace(recipe, include_protected=arguments.protected)
        for name, recipe in recipes.items()
    }
    wanted = arguments.only or names
    print_quality(
        recipes, rows, wanted=wanted, protected=arguments.protected, job_count=arguments.job_count
    )
    for name, recipe in recipes.items():
        if name in wanted:
            print_costs(name, recipe, rows, job_count=arguments.job_count)


def list_recipes() -> dict[str, Recipe]:
    """Return the default forest, each that is in config/ as NAME-forest.toml, then the other families that may be champion."""
    found = {"compact forest": COMPACT_RECIPE}
    for path in sorted(CONFIG.glob("*-forest.toml")):
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))["recipe"]
        found[path.stem.replace("-", " ")] = parse_recipe(recipe)
    seats = [family for family in FAMILY_PARAMETERS if family != COMPACT_RECIPE.family]
    return found | {f"seat: {family}": Recipe(family=family) for family in seats}


def read_rows(path: Path, *, month: str) -> pl.DataFrame:
    """Return the file's accepted rows with their outcomes."""
    validated = check_rows(
        open_statement_file(path, schema=CREDIT_CARD, month=month).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    return pl.concat([batch.accepted for batch in validated.batches()])


def print_quality(
    recipes: dict[str, Recipe],
    rows: pl.DataFrame,
    *,
    wanted: list[str],
    protected: bool,
    job_count: int,
) -> None:
    """Print one line for each forest or family (every figure's mean over the seeds, then each seed's), then paired gains."""
    print(
        f"pooled five-fold figures of {rows.height} rows, mean of seeds {FOLD_SEEDS} (each seed's)"
    )
    print("ece: " + METRIC_MEANINGS["ece"], flush=True)
    figures: dict[str, list[dict[str, float]]] = {}
    first: dict[str, OutOfFold] = {}
    for seed in FOLD_SEEDS:
        folded = build_folded_rows(
            rows,
            schema=CREDIT_CARD,
            features=CREDIT_CARD_FEATURES,
            seed=seed,
            include_protected=protected,
        )
        for name, scored in score_candidates(
            recipes, folded, wanted=wanted, seed=seed, job_count=job_count
        ):
            figures.setdefault(name, []).append(measure_out_of_fold(folded, scored))
            check_leak_ceiling(figures[name][-1]["roc_auc"], row_count=rows.height, thing=name)
            print_line(f"  seed {seed} {name}", [figures[name][-1]])
            if seed == FOLD_SEEDS[0]:
                first[name] = scored
    print(f"{'':34s}" + "".join(f"{name:>36s}" for name in QUALITY_METRICS))
    for name, found in figures.items():
        print_line(name, found)
    print(f"bars of a forest: {FOREST_BARS}; of the best family: roc_auc {BEST_BAR}")
    print_gains(np.asarray(rows.sort(KEY)[OUTCOME]), first)


def score_candidates(
    recipes: dict[str, Recipe], folded: FoldedRows, *, wanted: list[str], seed: int, job_count: int
) -> Iterator[tuple[str, OutOfFold]]:
    """Return the out-of-fold probabilities of each wanted model; the blend's members are fitted once for both."""
    for name, recipe in recipes.items():
        if name in wanted:
            seeded = replace(recipe, seed=recipe.seed + seed)
            build = partial(build_forest, seeded, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES)
            yield name, cross_validate_estimator(folded, build, job_count=job_count)
    if SCORECARD.name in wanted:
        yield (
            SCORECARD.name,
            cross_validate_estimator(folded, partial(SCORECARD.build, seed), job_count=job_count),
        )
    if any(family.name in wanted for family in FAMILIES):
        for family, scored in cross_validate_families(folded, seed=seed, job_count=job_count):
            if family.name in wanted:
                yield family.name, scored


def print_gains(defaulted: np.ndarray, scored: dict[str, OutOfFold]) -> None:
    """Print each model's gain over the first, paired, with 95 % intervals, on the first seed's folds."""
    (base, old), *others = scored.items()
    for name, new in others:
        contest = PairedScores(defaulted, old.default_probability, new.default_probability)
        gains = measure_gains(
            contest,
            decision_policy=DecisionPolicy(),
            confidence=0.95,
            resample_count=300,
            seed=FOLD_SEEDS[0],
        )
        shown = (
            f"{gain.measure} {gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
            for gain in gains
        )
        print(f"{name} over {base}: {', '.join(shown)}", flush=True)


def print_line(name: str, figures: list[dict[str, float]]) -> None:
    """Print the means, each followed by the seeds' own where there are several."""
    cells = []
    for metric in QUALITY_METRICS:
        values = [figure[metric] for figure in figures]
        own = f" ({', '.join(f'{value:.4f}' for value in values)})" if len(values) > 1 else ""
        cells.append(f"{f'{np.mean(values):.4f}{own}':>36s}")
    print(f"{name:34s}" + "".join(cells), flush=True)


def print_costs(name: str, recipe: Recipe, rows: pl.DataFrame, *, job_count: int) -> None:
    """Print times and sizes of one model on the development side."""
    sides = split(rows)
    started = time.process_time()
    bundle = fit(
        recipe,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
    )
    fitted = time.process_time()
    score_probability(bundle, rows)
    scored = time.process_time()
    explainer = build_explainer(attach_reference(bundle, sides.test))
    explainer.explain(rows.head(1))  # reads the trees and the background
    ready = time.process_time()
    explainer.explain(rows.head(EXPLAINED))
    explained = time.process_time()
    print(
        f"{name}: CPU seconds to fit {sides.development.height} rows, evidence included, {fitted - started:.1f}, "
        f"to score {rows.height} {scored - fitted:.2f}, to explain {EXPLAINED} {explained - ready:.2f}; "
        f"{len(bundle.feature_names)} features, {len(pickle.dumps(bundle.pipeline)) / 1e6:.1f} MB; digest {bundle.digest[:16]}",
        flush=True,
    )


if __name__ == "__main__":
    main()
