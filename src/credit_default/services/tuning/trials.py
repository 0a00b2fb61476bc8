"""The trials of a search, on the development side alone: propose a recipe, score its folds, keep what came of it.

The test side is not touched: the promotion gate needs it for the winner.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import polars as pl

from credit_default.adapters.optuna.study import EndedTrial, OpenTrial, open_study
from credit_default.data.credit_card.public_data import (
    PUBLIC_DIGEST,
    PUBLIC_ROW_COUNT,
    digest_public_rows,
)
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.digest import digest_recipe_and_rows, sort_rows
from credit_default.model.estimator.fitting import OutOfFold
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.search_space import (
    list_search_parameters,
    name_study,
    replace_parameters,
)
from credit_default.model.evaluation.cross_validation import (
    FoldedRows,
    build_folded_rows,
    build_forest,
    measure_out_of_fold,
    replay_folds,
    score_folds,
)
from credit_default.model.evaluation.leakage_check import check_leak_ceiling
from credit_default.model.statistics.bootstrap import measure_log_loss
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.cross_validation import (
    FOLD_COUNT,
    FOLD_SEEDS,
    cross_validate_recipe,
)
from credit_default.services.training.fold_cache import find_folds, save_folds
from credit_default.services.training.training_rows import TrainingRows, split_rows

SEARCHED_SEED = FOLD_SEEDS[0]  # the draw of folds that trials are compared on


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: at that many trials, earlier runs' included, or after that long, whatever comes first.

    Raises:
        InputError: no trial, no time, or neither of the two said.
    """

    trial_count: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        said = [amount for amount in (self.trial_count, self.seconds) if amount is not None]
        if not said or not all(isfinite(amount) and amount > 0 for amount in said):
            raise InputError(
                "budget of a search",
                found=f"{self.trial_count} trials, {self.seconds} seconds",
                expected="a number of trials, a time, or both",
                remedy="Say --trials or --minutes.",
            )

    def is_spent(self, trial_count: int, seconds: float) -> bool:
        """True when neither another trial nor more time is allowed."""
        enough = self.trial_count is not None and trial_count >= self.trial_count
        return enough or (self.seconds is not None and seconds >= self.seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What all trials of a search share. `rows` are the development side's, in the order of their key."""

    name: str
    rows: pl.DataFrame
    folded: FoldedRows
    data_origin: str
    is_public: bool  # the public data set, on which we know what is beyond belief

    def refuse_leak(self, roc_auc: float, *, thing: str) -> None:
        """Nothing, when the figure of `thing` can be believed.

        Raises:
            RefusedError: it cannot.
        """
        if self.is_public:
            check_leak_ceiling(roc_auc, row_count=self.rows.height, thing=thing)


def open_search(wiring: Wiring, training: TrainingRows) -> Search:
    """The search that these rows, the recipe in force and the search policy name."""
    settings = wiring.settings
    rows = sort_rows(split_rows(wiring, training).development)
    name = name_study(
        settings.recipe,
        rows,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        policy=settings.search,
        fold_count=FOLD_COUNT,
        seed=settings.seed,
    )
    folded = fold_development(wiring, rows, seed=SEARCHED_SEED)
    return Search(name, rows, folded, training.data_origin, _is_public(wiring, training.rows))


def fold_development(wiring: Wiring, rows: pl.DataFrame, *, seed: int) -> FoldedRows:
    """The rows as the features and folds that every contestant of one comparison sees."""
    return build_folded_rows(
        rows,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        fold_count=FOLD_COUNT,
        seed=seed,
        include_protected=wiring.settings.recipe.include_protected,
    )


def run_trials(
    wiring: Wiring, search: Search, *, budget: Budget, clock: Callable[[], float]
) -> Iterator[tuple[EndedTrial, ...]]:
    """The trials that have ended so far: first those of earlier runs, then one more each time, until the budget is spent.

    `clock` tells seconds from any start. Who stops, or is stopped, keeps every trial that ended.

    Raises:
        RefusedError: a trial is beyond belief.
        InputError: another process searches in this lake.
    """
    policy, started = wiring.settings.search, clock()
    with open_study(
        wiring.lake.home / "studies.db",
        search.name,
        choices=list_search_parameters(policy),
        seed=wiring.settings.seed,
        startup_trial_count=policy.startup_trial_count,
        kept_share=policy.kept_share,
    ) as study:
        ended = study.list_trials()
        yield ended
        while not budget.is_spent(len(ended), clock() - started):
            ended = (*ended, _run_trial(wiring, search, study.begin()))
            yield ended


def choose_winner(wiring: Wiring, search: Search, trials: tuple[EndedTrial, ...]) -> Recipe:
    """The recipe of the smallest loss among the finished trials and the recipe in force, which keeps a tie."""
    in_force = wiring.settings.recipe
    folds = cross_validate_recipe(wiring, in_force, search.rows, seed=SEARCHED_SEED)
    finished = [trial for trial in trials if trial.ending == "finished"]
    best = min(finished, key=lambda trial: (trial.loss, trial.number), default=None)
    if best is None or best.loss >= measure_loss(search.folded, folds):
        return in_force
    return replace_parameters(in_force, best.values)


def measure_loss(folded: FoldedRows, out_of_fold: OutOfFold) -> float:
    """The mean log loss, nats, of the rows that are scored by now."""
    scored = np.isfinite(out_of_fold.default_probability)
    return float(
        measure_log_loss(folded.defaulted[scored], out_of_fold.default_probability[scored]).mean()
    )


def _run_trial(wiring: Wiring, search: Search, trial: OpenTrial) -> EndedTrial:
    recipe = replace_parameters(wiring.settings.recipe, trial.values)
    for number, out_of_fold in enumerate(_score_recipe(wiring, search, recipe)):
        loss = measure_loss(search.folded, out_of_fold)
        if number < FOLD_COUNT - 1 and trial.report(loss, fold=number):
            return trial.give_up(loss)
    figures = measure_out_of_fold(search.folded, out_of_fold, policy=wiring.settings.decision)
    search.refuse_leak(figures["roc_auc"], thing=f"trial {trial.number}")
    return trial.finish(loss, figures=figures)


def _score_recipe(wiring: Wiring, search: Search, recipe: Recipe) -> Iterator[OutOfFold]:
    """The folds in turn, from the cache of `cross_validate_recipe` when it has them, and into it when they are whole."""
    recipe = replace(recipe, seed=recipe.seed + SEARCHED_SEED)
    schema, features = wiring.schema, wiring.portfolio.features
    name = digest_recipe_and_rows(
        recipe,
        search.rows,
        schema=schema,
        features=features,
        fold_count=FOLD_COUNT,
        seed=SEARCHED_SEED,
    )
    if (kept := find_folds(wiring, name)) is not None:
        yield from replay_folds(search.folded, kept)
        return
    jobs = wiring.settings.jobs
    for out_of_fold in score_folds(
        search.folded,
        lambda: build_forest(recipe, schema=schema, features=features),
        job_count=jobs,
    ):
        yield out_of_fold
    save_folds(wiring, name, out_of_fold)


def _is_public(wiring: Wiring, rows: pl.DataFrame) -> bool:
    named = wiring.schema.name == CREDIT_CARD.name and rows.height == PUBLIC_ROW_COUNT
    return named and digest_public_rows(rows, schema=wiring.schema) == PUBLIC_DIGEST
