"""Run the trials of a search: propose a recipe, score its folds, keep the result.

Trials use the development side alone: the promotion gate needs an untouched test side for the winner.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import polars as pl

from credit_default.adapters.optuna.study import EndedTrial, OpenTrial, open_study
from credit_default.data.contract.schema import Schema
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

_LOG = logging.getLogger(__name__)

SEARCHED_SEED = FOLD_SEEDS[0]  # the draw of folds that trials are compared on


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: after a number of trials or a time, whichever comes first.

    Raises:
        InputError: Neither is given, or one of them is not above 0.
    """

    trial_count: int | None = None  # trials of earlier runs included; None means no limit
    seconds: float | None = None  # of this run; None means no limit

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.trial_count, self.seconds) if limit is not None]
        if not limits or not all(isfinite(limit) and limit > 0 for limit in limits):
            raise InputError(
                "budget of a search",
                found=f"{self.trial_count} trials, {self.seconds} seconds",
                expected="a number of trials, a time, or both",
                remedy="Give --trials or --minutes.",
            )

    def is_spent(self, trial_count: int, seconds: float) -> bool:
        """Return whether the trials or the time are used up."""
        no_trial_left = self.trial_count is not None and trial_count >= self.trial_count
        return no_trial_left or (self.seconds is not None and seconds >= self.seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What all trials of a search share."""

    name: str  # of the study; names its rows and its space
    rows: pl.DataFrame  # of the development side, sorted by key
    folded: FoldedRows
    data_origin: str  # `real` or `simulated`
    is_public: bool  # the public data set, for which a ceiling of the AUC is known

    def check_leak_ceiling(self, roc_auc: float, *, thing: str) -> None:
        """Check that the AUC of `thing` is not too good to be true.

        Raises:
            RefusedError: It is above what the public data set allows: the outcome leaks into the inputs.
        """
        if self.is_public:
            check_leak_ceiling(roc_auc, row_count=self.rows.height, thing=thing)


def open_search(wiring: Wiring, training: TrainingRows) -> Search:
    """Return the search that is named by these rows, the recipe in force and the search policy."""
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
    is_public = _is_public_data_set(wiring.schema, training.rows)
    return Search(name, rows, folded, training.data_origin, is_public)


def fold_development(wiring: Wiring, rows: pl.DataFrame, *, seed: int) -> FoldedRows:
    """Return the features and folds that every candidate of one comparison is measured on."""
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
    """Run trials until the budget is spent, and yield all trials that have ended so far.

    First those of earlier runs are yielded, then one more each time. A search that is interrupted
    keeps every trial that ended.

    Args:
        wiring: The lake that keeps the study, and the search policy.
        search: The search to continue.
        budget: When to end.
        clock: Returns seconds from any start.

    Raises:
        RefusedError: The figures of a trial are too good to be true.
        InputError: Another process searches in this lake.
    """
    policy, started = wiring.settings.search, clock()
    with open_study(
        wiring.lake.home / "studies.db",
        search.name,
        choices=list_search_parameters(policy, wiring.settings.recipe),
        seed=wiring.settings.seed,
        startup_trial_count=policy.startup_trial_count,
        kept_share=policy.kept_share,
    ) as study:
        ended = study.list_trials()
        yield ended
        while not budget.is_spent(len(ended), clock() - started):
            trial = _run_trial(wiring, search, study.begin())
            _LOG.info(
                "ended trial study=%s trial=%d ending=%s loss=%.5f",
                search.name,
                trial.number,
                trial.ending,
                trial.loss,
            )
            ended = (*ended, trial)
            yield ended


def choose_winner(wiring: Wiring, search: Search, trials: tuple[EndedTrial, ...]) -> Recipe:
    """Return the recipe with the smallest loss: a finished trial's, or the one in force, which wins a tie."""
    in_force = wiring.settings.recipe
    folds = cross_validate_recipe(wiring, in_force, search.rows, seed=SEARCHED_SEED)
    finished = [trial for trial in trials if trial.ending == "finished"]
    best = min(finished, key=lambda trial: (trial.loss, trial.number), default=None)
    if best is None or best.loss >= measure_loss(search.folded, folds):
        return in_force
    return replace_parameters(in_force, best.values)


def measure_loss(folded: FoldedRows, out_of_fold: OutOfFold) -> float:
    """Return the mean log loss (nats) of the rows that are scored by now."""
    scored = np.isfinite(out_of_fold.default_probability)
    return float(
        measure_log_loss(folded.defaulted[scored], out_of_fold.default_probability[scored]).mean()
    )


def _run_trial(wiring: Wiring, search: Search, trial: OpenTrial) -> EndedTrial:
    """Score the trial's folds one by one; a trial that falls behind is given up early."""
    recipe = replace_parameters(wiring.settings.recipe, trial.values)
    for number, out_of_fold in enumerate(_score_recipe(wiring, search, recipe)):
        loss = measure_loss(search.folded, out_of_fold)
        if number < FOLD_COUNT - 1 and trial.report(loss, fold=number):
            return trial.give_up(loss)
    figures = measure_out_of_fold(search.folded, out_of_fold, policy=wiring.settings.decision)
    search.check_leak_ceiling(figures["roc_auc"], thing=f"trial {trial.number}")
    return trial.finish(loss, figures=figures)


def _score_recipe(wiring: Wiring, search: Search, recipe: Recipe) -> Iterator[OutOfFold]:
    """Yield the out-of-fold probabilities after each fold.

    They come from the cache of `cross_validate_recipe` if it has them, and go into it when all folds
    are scored.
    """
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
    if (kept := find_folds(wiring.settings.cache, name)) is not None:
        yield from replay_folds(search.folded, kept)
        return
    jobs = wiring.settings.jobs
    for out_of_fold in score_folds(
        search.folded,
        lambda: build_forest(recipe, schema=schema, features=features),
        job_count=jobs,
    ):
        yield out_of_fold
    save_folds(wiring.settings.cache, name, out_of_fold)


def _is_public_data_set(schema: Schema, rows: pl.DataFrame) -> bool:
    may_be_public = schema.name == CREDIT_CARD.name and rows.height == PUBLIC_ROW_COUNT
    return may_be_public and digest_public_rows(rows, schema=schema) == PUBLIC_DIGEST
