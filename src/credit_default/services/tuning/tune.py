"""The act behind `tune`: a search, its runs in MLflow, the standings, and the winner as a file that people review."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.adapters.mlflow.run import Run
from credit_default.adapters.optuna.study import EndedTrial
from credit_default.errors import InputError
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.search_space import list_search_parameters
from credit_default.services.context.data_origin import describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.challenger import FOLD_COUNT, TrainingRows
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


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What a search came to: its trials, the winner (the recipe in force when nothing beat it), and the standings."""

    study_name: str
    trials: tuple[EndedTrial, ...]
    winner: Recipe
    is_new: bool  # the winner is another recipe than the one in force
    standings: tuple[RecipeComparison, ...]
    row_count: int
    data_origin: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom to tell how it goes: after each trial, and after each line of the standings."""

    trials: Callable[[tuple[EndedTrial, ...]], None]
    standing: Callable[[RecipeComparison], None]


def tune(
    wiring: Wiring,
    training: TrainingRows,
    *,
    budget: Budget,
    with_families: bool,
    clock: Callable[[], float],
    listener: Listener,
) -> TuningResult:
    """What the search came to, after it stands in MLflow: one run, and below it one for each trial of this call.

    `clock` tells seconds from any start. An interrupted search keeps the trials that ended: the same call goes on.

    Raises:
        InputError: another process searches in this lake.
        RefusedError: a figure is beyond belief.
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
        standings = []
        for standing in compare_recipes(wiring, search, winner, with_families=with_families):
            standings.append(standing)
            _record_comparison(wiring, run, standing, tags)
            listener.standing(standing)
        run.record_params({f"winner.{name}": value for name, value in asdict(winner).items()})
        run.record_text("\n".join(map(format_recipe_comparison, standings)) + "\n", "standings.txt")
    return TuningResult(
        search.name,
        trials or (),
        winner,
        winner != wiring.settings.recipe,
        tuple(standings),
        search.rows.height,
        search.data_origin,
        run.run_id,
    )


def require_writable_target(path: Path, *, replacing: bool) -> None:
    """Nothing, when the winner may be written to the file: nothing is there, or `replacing` was said.

    Asked before a search of an hour, and not after it.

    Raises:
        InputError: something is there, the ending is not .toml, or the folder is none that we may write to.
    """
    if path.suffix != ".toml":
        raise InputError(
            str(path),
            found="that ending",
            expected=".toml",
            remedy="Choose another name with --out.",
        )
    if path.exists() and not replacing:
        raise InputError(
            str(path),
            found="a file that is there",
            expected="a new one, since a reviewed recipe is not overwritten unasked",
            remedy="Choose another name with --out, or say --replace.",
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
    """True when the winner's recipe stands in the file; False, and nothing written, when it is the one in force.

    Raises:
        ServiceError: the disk refuses.
    """
    if tuning.is_new:
        told = TunedRecipe(
            tuning.winner, tuning.study_name, len(tuning.trials), tuning.row_count, command
        )
        write_atomically(path.absolute(), write_recipe_file(told, tuning.standings).encode())
    return tuning.is_new


def summarise_tuning(tuning: TuningResult, path: Path | None, *, told: bool) -> Summary:
    """What the search came to; each line of the standings as a note when it is to be `told`."""
    named = {standing.name: standing for standing in tuning.standings}
    winner = named.get(TUNED)
    figures = {"trials": float(len(tuning.trials))}
    if told:
        figures |= {
            f"{name}, {where}": value
            for where in named
            for name, value in named[where].figures.items()
        }
    if winner is not None:
        for name in ("roc_auc", "log_loss"):
            gain = winner.gains[name]
            figures |= {
                f"{name} gain": gain.gain,
                f"{name} gain, low": gain.low,
                f"{name} gain, high": gain.high,
            }
    status = (
        f"found a recipe: {winner.word} than the one in force"
        if winner
        else "kept the recipe in force"
    )
    if winner is not None and winner.word == "a tie":
        status = "found a recipe that ties with the one in force"
    notes = (
        tuple(format_recipe_comparison(standing) for standing in tuning.standings) if told else ()
    )
    return Summary(
        "tune",
        status,
        run_id=tuning.run_id,
        counts={"development side": tuning.row_count},
        figures=figures,
        paths={"config": str(path)} if path else {},
        notes=(*describe_origin(tuning.data_origin), *notes),
    )


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
    wiring: Wiring, parent: Run, standing: RecipeComparison, tags: Mapping[str, object]
) -> None:
    with wiring.tracking.start_run("tune", name=standing.name, tags=tags, parent=parent) as run:
        gains = {f"{name}_gain": gain for name, gain in standing.gains.items()}
        ends = {
            f"{name}_{end}": getattr(gain, end)
            for name, gain in gains.items()
            for end in ("low", "high")
        }
        run.record_metrics(
            {**standing.figures, **{name: gain.gain for name, gain in gains.items()}, **ends}
        )
