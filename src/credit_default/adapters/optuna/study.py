"""A search for parameters that can be interrupted and resumed: which trial comes next, and how each one ended.

Only this module and `study_file` know Optuna. Every proposal is drawn with a seed of its own, the sum of the search's seed
and the number of trials that ended before it. A search that was interrupted ten times therefore proposes the same trials as
one that ran without interruption.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from credit_default.adapters.host.sqlite_addresses import build_sqlite_address
from credit_default.adapters.optuna.study_file import lock_study_file, optuna_errors
from credit_default.model.estimator.search_space import SearchParameter

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna import Trial as OptunaTrial

TrialEnding = Literal["finished", "given up"]
_FIGURES: Final = "figures"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedTrial:
    """A trial that has ended.

    Attributes:
        number: Its place in the study, 0 first.
        values: The parameters that were tried, by name.
        ending: `finished`, or `given up` after some of the folds.
        loss: The loss over the folds that it saw; lower is better.
        figures: Further metrics of a finished trial.
    """

    number: int
    values: Mapping[str, Any]
    ending: TrialEnding
    loss: float
    figures: Mapping[str, float] = field(default_factory=dict)


class OpenTrial:
    """A trial that is running: the values to try, and the methods that report how it goes.

    Attributes:
        number: Its place in the study, 0 first.
        values: The parameters to try, by name.
    """

    def __init__(
        self, study: "OptunaStudy", trial: "OptunaTrial", values: Mapping[str, Any]
    ) -> None:
        self.number = trial.number
        self.values = values
        self._study = study
        self._trial = trial

    def report(self, loss: float, *, fold: int) -> bool:
        """Report the loss over the folds up to this one, and return True when the trial should be given up.

        Args:
            loss: Lower is better.
            fold: The number of the fold, 0 first.

        Raises:
            ServiceError: The database cannot be read or written.
        """
        with optuna_errors():
            self._trial.report(loss, fold)
            return self._trial.should_prune()

    def finish(self, loss: float, *, figures: Mapping[str, float]) -> EndedTrial:
        """Record the trial with its final loss and further figures, and return it.

        Raises:
            ServiceError: The database cannot be read or written.
        """
        with optuna_errors():
            self._trial.set_user_attr(_FIGURES, dict(figures))
            self._study.tell(self._trial, loss)
        return EndedTrial(self.number, self.values, "finished", loss, figures)

    def give_up(self, loss: float) -> EndedTrial:
        """Record the trial as given up at this loss, and return it.

        Raises:
            ServiceError: The database cannot be read or written.
        """
        from optuna.trial import TrialState

        with optuna_errors():
            self._study.tell(self._trial, state=TrialState.PRUNED)
        return EndedTrial(self.number, self.values, "given up", loss)


class Study:
    """One search, kept in a SQLite file under its name; `open_study` opens it."""

    def __init__(
        self,
        study: "OptunaStudy",
        choices: Sequence[SearchParameter],
        *,
        seed: int,
        startup_trial_count: int,
    ) -> None:
        self._study = study
        self._choices = choices
        self._seed = seed
        self._startup_trial_count = startup_trial_count

    def list_trials(self) -> tuple[EndedTrial, ...]:
        """Return the trials that have ended, oldest first.

        Raises:
            ServiceError: The database cannot be read or written.
        """
        from optuna.trial import TrialState

        endings: dict[TrialState, TrialEnding] = {
            TrialState.COMPLETE: "finished",
            TrialState.PRUNED: "given up",
        }
        with optuna_errors():
            trials = self._study.get_trials(deepcopy=False, states=tuple(endings))
        return tuple(
            EndedTrial(
                trial.number,
                self._read_values(trial.params),
                endings[trial.state],
                float(trial.value or 0.0),
                trial.user_attrs.get(_FIGURES, {}),
            )
            for trial in trials
        )

    def begin(self) -> OpenTrial:
        """Begin the next trial.

        Raises:
            ServiceError: The database cannot be read or written.
        """
        from optuna.samplers import TPESampler

        with optuna_errors():
            self._study.sampler = TPESampler(
                seed=self._seed + len(self.list_trials()),
                n_startup_trials=self._startup_trial_count,
            )
            trial = self._study.ask()
            values = {choice.name: _suggest_value(trial, choice) for choice in self._choices}
        return OpenTrial(self._study, trial, values)

    def _read_values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            choice.name: choice.values[params[choice.name]]
            if choice.has_numeric_values
            else params[choice.name]
            for choice in self._choices
        }


@contextmanager
def open_study(
    path: Path,
    name: str,
    *,
    choices: Sequence[SearchParameter],
    seed: int,
    startup_trial_count: int,
    kept_share: float,
) -> Iterator[Study]:
    """Open a study for this process alone, until the block ends; create it where it does not exist.

    Args:
        path: The SQLite file, which may hold several studies.
        name: The study.
        choices: The parameters that are searched, with the values of each.
        seed: Makes the proposals reproducible.
        startup_trial_count: How many trials are drawn at random, and run to their end, before proposals learn from them.
        kept_share: A later trial is given up after a fold unless its loss is among this best share (0-1) of the trials so
            far.

    Raises:
        InputError: Another process is working on a study in this file.
        ServiceError: The disk or the database cannot be read or written.
    """
    with lock_study_file(path):
        with optuna_errors():
            study = _load_study(
                path, name, startup_trial_count=startup_trial_count, kept_share=kept_share
            )
        yield Study(study, choices, seed=seed, startup_trial_count=startup_trial_count)


def _load_study(
    path: Path, name: str, *, startup_trial_count: int, kept_share: float
) -> "OptunaStudy":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        # Optuna fills in a template: braces of its own have to be doubled.
        storage=build_sqlite_address(path).replace("{", "{{").replace("}", "}}"),
        study_name=name,
        direction="minimize",
        load_if_exists=True,
        pruner=optuna.pruners.PercentilePruner(
            100 * kept_share, n_startup_trials=startup_trial_count
        ),
    )
    # A trial that is still running here belongs to a process that ended before it.
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        _LOG.info("discarded interrupted trial study=%s trial=%d", name, trial.number)
    return study


def _suggest_value(trial: "OptunaTrial", choice: SearchParameter) -> Any:
    """Return one of the choice's values; a scale of numbers is searched by position, so that its order is known."""
    if choice.has_numeric_values:
        return choice.values[trial.suggest_int(choice.name, 0, len(choice.values) - 1)]
    return trial.suggest_categorical(choice.name, choice.values)
