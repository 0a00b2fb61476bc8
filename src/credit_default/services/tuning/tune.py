"""Tune the recipe: run a search, record it in MLflow, compare its winner, and write the winner's recipe file.

The recipe file is for people to review; nothing is trained by it until it is named with `--config`.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.adapters.mlflow.tracking import Run
from credit_default.adapters.optuna.study import EndedTrial
from credit_default.errors import InputError
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.search_space import list_search_parameters
from credit_default.services.context.data_origin import describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.cross_validation import FOLD_COUNT
from credit_default.services.training.training_rows import TrainingRows
from credit_default.services.tuning.comparison import TUNED, compare_recipes
from credit_default.services.tuning.trials import (
    Budget,
    Search,
    choose_winner,
    open_search,
    run_trials,
)
from credit_default.views.exports.recipe_toml import TunedRecipe, write_recipe_file
from credit_default.views.summaries.summary import Summary
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
        clock: Gives seconds from any start.
        listener: Is told of each trial and each comparison.

    Raises:
        InputError: Another process searches in this lake.
        RefusedError: A figure is too good to be true.
    """
    search = open_search(wiring, training)
    tags = {"study": search.name, "data_origin": search.data_origin, "git_commit": wiring.commit}
    with wiring.tracking.start_run("tune", name=f"tune {search.name}", tags=tags) as run:
        run.record_params(_list_params(wiring, search, budget))
        trials: tuple[EndedTrial, ...] | None = None
        for ended in run_trials(wiring, search, budget=budget, clock=clock):
            if trials is not None:
                _record_trial(wiring, run, ended[-1], tags)
            trials = ended
            listener.trials(trials)
        winner = choose_winner(wiring, search, trials or ())
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
        len(trials or ()),
        is_new,
        run.run_id,
    )
    return TuningResult(
        search.name,
        trials or (),
        winner,
        is_new,
        tuple(comparisons),
        search.rows.height,
        search.data_origin,
        run.run_id,
    )


def require_writable_target(path: Path, *, replacing: bool) -> None:
    """Check that the winner's recipe may be written to the file, before a search of an hour and not after it.

    Args:
        path: The recipe file.
        replacing: Whether an existing file may be replaced.

    Raises:
        InputError: The file exists, its name does not end in .toml, or its folder cannot be written to.
    """
    if path.suffix != ".toml":
        raise InputError(
            str(path),
            found=f"the ending {path.suffix!r}",
            expected=".toml",
            remedy="Choose another name with --out.",
        )
    if path.exists() and not replacing:
        raise InputError(
            str(path),
            found="an existing file",
            expected="a new one, since a reviewed recipe is not overwritten unless asked for",
            remedy="Choose another name with --out, or add --replace.",
        )
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(
            str(path),
            found=f"{folder}, which cannot be written to",
            expected="a folder that can",
            remedy="Choose another place with --out.",
        )


def save_winner(tuning: TuningResult, path: Path, *, command: str) -> bool:
    """Write the winner's recipe to the file, unless it is the one in force.

    Args:
        tuning: The result of the search.
        path: The recipe file.
        command: The command to repeat the search with, for the file's header.

    Returns:
        Whether the file was written.

    Raises:
        ServiceError: The disk refuses.
    """
    if tuning.is_new:
        tuned = TunedRecipe(
            tuning.winner, tuning.study_name, len(tuning.trials), tuning.row_count, command
        )
        write_atomically(path.absolute(), write_recipe_file(tuned, tuning.comparisons).encode())
    return tuning.is_new


def summarise_tuning(tuning: TuningResult, path: Path | None, *, listed: bool) -> Summary:
    """Return the summary of the search.

    Args:
        tuning: The result of the search.
        path: The recipe file that was written; None where none was.
        listed: Whether each comparison is listed, as figures and as a note.
    """
    winner = next((found for found in tuning.comparisons if found.name == TUNED), None)
    figures = {"trials": float(len(tuning.trials))}
    if listed:
        figures |= _list_comparison_figures(tuning.comparisons)
    if winner is not None:
        figures |= _list_gain_figures(winner)
    notes = tuple(map(format_recipe_comparison, tuning.comparisons)) if listed else ()
    return Summary(
        "tune",
        _describe_status(winner),
        run_id=tuning.run_id,
        counts={"development side": tuning.row_count},
        figures=figures,
        paths={"config": str(path)} if path else {},
        notes=(*describe_origin(tuning.data_origin), *notes),
    )


def _list_comparison_figures(comparisons: Sequence[RecipeComparison]) -> dict[str, float]:
    return {
        f"{metric}, {comparison.name}": value
        for comparison in comparisons
        for metric, value in comparison.figures.items()
    }


def _list_gain_figures(winner: RecipeComparison) -> dict[str, float]:
    """Return the winner's gains with the ends of their intervals."""
    figures: dict[str, float] = {}
    for name in ("roc_auc", "log_loss"):
        gain = winner.gains[name]
        figures |= {
            f"{name} gain": gain.gain,
            f"{name} gain, low": gain.low,
            f"{name} gain, high": gain.high,
        }
    return figures


def _describe_status(winner: RecipeComparison | None) -> str:
    if winner is None:
        return "kept the recipe in force"
    if winner.word == "a tie":
        return "found a recipe that ties with the one in force"
    return f"found a recipe: {winner.word} than the one in force"


def _list_params(wiring: Wiring, search: Search, budget: Budget) -> dict[str, object]:
    choices = {
        f"search.{choice.name}": choice.values
        for choice in list_search_parameters(wiring.settings.search)
    }
    return {
        **choices,
        "search.seed": wiring.settings.seed,
        "fold_count": FOLD_COUNT,
        "row_count": search.rows.height,
        "trial_count": budget.trial_count,
        "seconds": budget.seconds,
        **{f"recipe.{name}": value for name, value in asdict(wiring.settings.recipe).items()},
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
