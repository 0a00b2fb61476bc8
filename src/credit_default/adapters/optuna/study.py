"""A search that can be left and taken up again (Optuna's one home): which trial comes next, and what became of each.

Every proposal is drawn by a seed of its own, made of the search's seed and the number of trials that ended before it:
a search that was interrupted ten times proposes what one that ran through would have.
"""

import fcntl
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import InputError, ServiceError
from credit_default.model.estimator.search_space import SearchParameter

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna import Trial as OptunaTrial

TrialEnding = Literal["finished", "given up"]
_FIGURES: Final = "figures"


@dataclass(frozen=True, slots=True)
class EndedTrial:
    """One trial: what was tried, how it ended, its loss over the folds that it saw (lower is better), further figures."""

    number: int
    values: Mapping[str, Any]
    ending: TrialEnding
    loss: float
    figures: Mapping[str, float] = field(default_factory=dict)


class OpenTrial:
    """A trial under way: the values to try, and the place to say how it goes."""

    def __init__(
        self, study: "OptunaStudy", trial: "OptunaTrial", values: Mapping[str, Any]
    ) -> None:
        self.number = trial.number
        self.values = values
        self._study = study
        self._trial = trial

    def report(self, loss: float, *, fold: int) -> bool:
        """True when the loss after this fold says that the trial is not worth another."""
        with _optuna_errors():
            self._trial.report(loss, fold)
            return self._trial.should_prune()

    def finish(self, loss: float, *, figures: Mapping[str, float]) -> EndedTrial:
        """The trial with its final loss, on record."""
        with _optuna_errors():
            self._trial.set_user_attr(_FIGURES, dict(figures))
            self._study.tell(self._trial, loss)
        return EndedTrial(self.number, self.values, "finished", loss, figures)

    def give_up(self, loss: float) -> EndedTrial:
        """The trial, ended early at this loss, on record."""
        from optuna.trial import TrialState

        with _optuna_errors():
            self._study.tell(self._trial, state=TrialState.PRUNED)
        return EndedTrial(self.number, self.values, "given up", loss)


class Study:
    """One search, kept in a SQLite file under its name."""

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
        """The trials that came to an end, oldest first."""
        from optuna.trial import TrialState

        endings: dict[TrialState, TrialEnding] = {
            TrialState.COMPLETE: "finished",
            TrialState.PRUNED: "given up",
        }
        with _optuna_errors():
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
        """The next trial."""
        from optuna.samplers import TPESampler

        with _optuna_errors():
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
    """The study of that name in the SQLite file, made when absent, this process's own until the block ends.

    From the second fold of the trial after the first `startup_trial_count` on, one is given up unless its loss is
    among the best `kept_share` (0-1).

    Raises:
        InputError: another process works on a study in this file.
        ServiceError: the disk or the database refuses.
    """
    with _lock_study_file(path):
        with _optuna_errors():
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
        storage=f"sqlite:///{path}",
        study_name=name,
        direction="minimize",
        load_if_exists=True,
        pruner=optuna.pruners.PercentilePruner(
            100 * kept_share, n_startup_trials=startup_trial_count
        ),
    )
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(
            trial.number, state=optuna.trial.TrialState.FAIL
        )  # its process ended with it under way
    return study


def _suggest_value(trial: "OptunaTrial", choice: SearchParameter) -> Any:
    """One of the choice's values; a scale of numbers is searched by position, so that neighbours are known as such."""
    if choice.has_numeric_values:
        return choice.values[trial.suggest_int(choice.name, 0, len(choice.values) - 1)]
    return trial.suggest_categorical(choice.name, choice.values)


@contextmanager
def _lock_study_file(path: Path) -> Iterator[None]:
    """A block in which no other process opens the file by `open_study`."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"searches at {path}",
                found="another `tune` at work on them",
                expected="one at a time",
                remedy="Wait until it ends, or stop it: what it finished is kept.",
            ) from error
        yield


@contextmanager
def _optuna_errors() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that Optuna calls experimental
        try:
            yield
        except SQLAlchemyError as error:
            raise ServiceError(
                "Optuna's database",
                found=str(error).splitlines()[0][:300],
                expected="an answer",
                remedy="Free some space or mend the permissions of studies.db, then run the command again.",
            ) from error
