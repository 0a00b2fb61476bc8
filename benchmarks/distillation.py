"""Print whether a forest or a booster learns more from a blend's probabilities than from the outcomes.

    python benchmarks/distillation.py UCI_Credit_Card.csv [--seed 0]

For each of five folds, the blend (at its defaults) scores the other four by itself, out of fold, in five stratified folds
of their own. A student is fitted to these probabilities, or to their mean with the outcomes, and scores the fold that was
held out; so does the plain model with the same parameters. Gains are paired, with 95 % intervals; above 0 the student is
better. Protected attributes are out.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from model_quality import print_gains, read_rows
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.model_selection import StratifiedKFold

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, Recipe
from credit_default.model.evaluation.cross_validation import FoldedRows, build_folded_rows
from credit_default.model.families.find_family import find_family
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

BLEND, BOOSTING = Recipe(family="blend"), Recipe(family="boosting")
LABELS = {"the blend's probabilities": 1.0, "their mean with the outcomes": 0.5}

FitAndScore = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folded = build_folded_rows(
        read_rows(arguments.data, month=arguments.month),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        seed=arguments.seed,
    )
    scored = score_students(folded, seed=arguments.seed)
    for plain in ("forest", "boosting"):
        print_gains(
            folded.defaulted,
            {name: found for name, found in scored.items() if name.startswith(plain)},
        )


def score_students(folded: FoldedRows, *, seed: int) -> dict[str, OutOfFold]:
    """Return the out-of-fold probabilities of both plain models and of their students."""
    found: dict[str, np.ndarray] = {}
    for number in range(folded.fold_count):
        held_out = folded.fold == number
        matrix, outcome = folded.matrix[~held_out], folded.defaulted[~held_out]
        soft = score_blend(matrix, outcome, seed=seed)
        for name, (fit_plain, fit_student) in list_models(seed).items():
            parts = {name: fit_plain(matrix, outcome, folded.matrix[held_out])}
            for words, share in LABELS.items():
                labels = share * soft + (1 - share) * outcome
                parts[f"{name} on {words}"] = fit_student(matrix, labels, folded.matrix[held_out])
            for part, probability in parts.items():
                found.setdefault(part, np.full(len(held_out), np.nan))[held_out] = probability
        print(f"fold {number} done", flush=True)
    return {name: OutOfFold(probability, folded.fold) for name, probability in found.items()}


def score_blend(matrix: np.ndarray, outcome: np.ndarray, *, seed: int) -> np.ndarray:
    """Return each row's probability from a blend fitted on the other inner folds."""
    probability = np.empty(len(matrix))
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    for seen, unseen in folds.split(matrix, outcome):
        blend = build(BLEND, seed).fit(matrix[seen], outcome[seen])
        probability[unseen] = blend.predict_proba(matrix[unseen])[:, 1]
    return probability


def list_models(seed: int) -> dict[str, tuple[FitAndScore, FitAndScore]]:
    """Return, by name, how the plain model and how its student is fitted and scores."""

    def fit_plain(recipe: Recipe) -> FitAndScore:
        return lambda matrix, outcome, new: (
            build(recipe, seed).fit(matrix, outcome).predict_proba(new)[:, 1]
        )

    def fit_forest(matrix: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
        forest = RandomForestRegressor(
            COMPACT_RECIPE.tree_count,
            max_depth=COMPACT_RECIPE.maximum_depth,
            min_samples_leaf=COMPACT_RECIPE.leaf_row_count,
            max_features=COMPACT_RECIPE.column_share,
            max_samples=COMPACT_RECIPE.row_share,
            random_state=seed,
        )
        return forest.fit(matrix, labels).predict(new)

    def fit_booster(matrix: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
        # Each row stands twice, as a default and as none, weighted by its label.
        booster = HistGradientBoostingClassifier(
            max_iter=BOOSTING.tree_count,
            max_depth=BOOSTING.maximum_depth,
            min_samples_leaf=2 * BOOSTING.leaf_row_count,
            max_features=BOOSTING.column_share,
            learning_rate=BOOSTING.learning_rate,
            max_leaf_nodes=BOOSTING.leaf_count,
            l2_regularization=BOOSTING.leaf_penalty,
            early_stopping=False,
            random_state=seed,
        ).fit(
            np.concatenate([matrix, matrix]),
            np.repeat([1, 0], len(matrix)),
            sample_weight=np.concatenate([labels, 1 - labels]),
        )
        return booster.predict_proba(new)[:, 1]

    return {
        "forest": (fit_plain(COMPACT_RECIPE), fit_forest),
        "boosting": (fit_plain(BOOSTING), fit_booster),
    }


def build(recipe: Recipe, seed: int) -> Any:
    """Return the recipe's unfitted estimator."""
    return find_family(recipe).build(replace(recipe, seed=recipe.seed + seed), None)


if __name__ == "__main__":
    main()
