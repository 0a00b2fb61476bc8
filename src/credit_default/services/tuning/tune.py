"""Tune the recipe: run a search, compare its winner with the recipe in force, and record both in MLflow."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from credit_default.adapters.mlflow.run import Run
from credit_default.adapters.optuna.study import EndedTrial
from credit_default.data.contract.schema import OUTCOME
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.search_space import list_search_parameters
from credit_default.model.families.recipe import describe_recipe
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.cross_validation import FOLD_COUNT
from credit_default.services.training.training_rows import TrainingRows, split_rows
from credit_default.services.tuning.comparison import compare_recipes
from credit_default.services.tuning.trials import (
    Budget,
    Search,
    choose_winner,
    open_search,
    run_trials,
)
from credit_default.views.terminal.tuning import RecipeComparison, format_recipe_comparison

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TuningResult:
    """The result of a search."""

    study_name: str
    trials: tuple[EndedTrial, ...]
    winner: Recipe  # the recipe in force when no trial beat it
    is_new: bool  # the winner is another recipe than the one in force
    comparisons: tuple[RecipeComparison, ...]
    row_count: int  # of the development side
    data_origin: str  # `real` or `simulated`
    run_id: str


@dataclass(frozen=True, slots=True)
class Listener:
    """What to call as the search goes on."""

    trials: Callable[[tuple[EndedTrial, ...]], None]  # after each trial, with all that ended
    comparison: Callable[[RecipeComparison], None]  # after each candidate that was compared


def tune(
    wiring: Wiring,
    training: TrainingRows,
    *,
    budget: Budget,
    with_families: bool,
    clock: Callable[[], float],
    listener: Listener,
) -> TuningResult:
    """Run a search and compare its winner with the recipe in force, all of it recorded in MLflow.

    MLflow gets one run, and below it one for each trial of this call and each candidate that was
    compared. An interrupted search keeps the trials that ended; the same call continues it.

    Args:
        wiring: MLflow, the lake and the settings.
        training: The rows with outcomes; only their development side is used.
        budget: When to end the search.
        with_families: Whether to compare other families of models too.
        clock: Returns seconds from any start.
        listener: Called after each trial and each comparison.

    Raises:
        InputError: Another process searches in this lake.
        RefusedError: A figure is too good to be true.
    """
    wiring = _fix_recipe_size(wiring, training)
    search = open_search(wiring, training)
    tags = _build_tags(wiring, search)
    with wiring.tracking.start_run("tune", name=f"tune {search.name}", tags=tags) as run:
        run.record_params(_list_params(wiring, search, budget))
        trials = _run_search(wiring, search, run, budget=budget, clock=clock, listener=listener)
        winner = choose_winner(wiring, search, trials)
        comparisons = []
        for comparison in compare_recipes(wiring, search, winner, with_families=with_families):
            comparisons.append(comparison)
            _record_comparison(wiring, run, comparison, tags)
            listener.comparison(comparison)
        run.record_params({f"winner.{name}": value for name, value in asdict(winner).items()})
        lines = "\n".join(map(format_recipe_comparison, comparisons))
        run.record_text(f"{lines}\n", "standings.txt")
    is_new = winner != wiring.settings.recipe
    _LOG.info(
        "ended search study=%s trial_count=%d new_recipe=%s run_id=%s",
        search.name,
        len(trials),
        is_new,
        run.run_id,
    )
    return TuningResult(
        search.name,
        trials,
        winner,
        is_new,
        tuple(comparisons),
        search.rows.height,
        search.data_origin,
        run.run_id,
    )


def _fix_recipe_size(wiring: Wiring, training: TrainingRows) -> Wiring:
    """Return the wiring with the recipe that is in force for so many development rows."""
    rows = split_rows(wiring, training).development
    sized = wiring.settings.find_recipe(rows.height, default_count=int(rows[OUTCOME].sum()))
    changes = {"recipe": sized.recipe, "sized_parameters": ()}
    return replace(wiring, settings=wiring.settings.model_copy(update=changes))


def _run_search(
    wiring: Wiring,
    search: Search,
    run: Run,
    *,
    budget: Budget,
    clock: Callable[[], float],
    listener: Listener,
) -> tuple[EndedTrial, ...]:
    """Run the trials, record those of this call, and return all trials of the study."""
    trials: tuple[EndedTrial, ...] | None = None
    for ended in run_trials(wiring, search, budget=budget, clock=clock):
        if trials is not None:  # the first ones are those of earlier calls, recorded then
            _record_trial(wiring, run, ended[-1], _build_tags(wiring, search))
        trials = ended
        listener.trials(trials)
    return trials or ()


def _build_tags(wiring: Wiring, search: Search) -> dict[str, object]:
    return {"study": search.name, "data_origin": search.data_origin, "git_commit": wiring.commit}


def _list_params(wiring: Wiring, search: Search, budget: Budget) -> dict[str, object]:
    choices = {
        f"search.{choice.name}": choice.values
        for choice in list_search_parameters(wiring.settings.search, wiring.settings.recipe)
    }
    return {
        **choices,
        "search.seed": wiring.settings.seed,
        "fold_count": FOLD_COUNT,
        "row_count": search.rows.height,
        "trial_count": budget.trial_count,
        "seconds": budget.seconds,
        **{
            f"recipe.{name}": value
            for name, value in describe_recipe(wiring.settings.recipe).items()
        },
    }


def _record_trial(
    wiring: Wiring, parent: Run, trial: EndedTrial, tags: Mapping[str, object]
) -> None:
    with wiring.tracking.start_run(
        "tune", name=f"trial {trial.number}", tags={**tags, "ending": trial.ending}, parent=parent
    ) as run:
        run.record_params({f"recipe.{name}": value for name, value in trial.values.items()})
        run.record_metrics({"loss": trial.loss, **trial.figures})


def _record_comparison(
    wiring: Wiring, parent: Run, comparison: RecipeComparison, tags: Mapping[str, object]
) -> None:
    with wiring.tracking.start_run("tune", name=comparison.name, tags=tags, parent=parent) as run:
        gains = {f"{name}_gain": gain for name, gain in comparison.gains.items()}
        ends = {
            f"{name}_{end}": getattr(gain, end)
            for name, gain in gains.items()
            for end in ("low", "high")
        }
        run.record_metrics(
            {**comparison.figures, **{name: gain.gain for name, gain in gains.items()}, **ends}
        )
